-- Every edition of every plan, the newest year, period and edition of it first
select e.plan_code, l.title as plan_title, l.province, l.register_sha256, e.period, e.edition, e.as_of, e.approved_by, e.approved_at, e.manifest_sha256, e.manifest,
  e.as_of >= p.closing_at as is_supplement
from core.edition e
join core.period p using (plan_code, period)
join core.plan l using (plan_code)
order by l.year desc, e.plan_code, e.period desc, e.edition desc
