-- Every edition of a plan, the newest period and edition first
select e.period, e.edition, e.as_of, e.approved_by, e.approved_at, e.manifest_sha256, e.manifest,
  e.as_of >= p.closing_at as is_supplement
from core.edition e
join core.period p using (plan_code, period)
where e.plan_code = :plan_code
order by e.period desc, e.edition desc
