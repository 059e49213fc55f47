-- Notes for which periods another version is in force from now on; a period's first one holds since ever
insert into core.in_force (plan_code, period, version_id, register_sha256, days_sha256, stored_at)
select :plan_code, n.period, n.version_id, :register_sha256, n.days,
  case when f.period is null then '-infinity' else cast(:now as timestamptz) end
from unnest(cast(:periods as text[]), cast(:version_ids as bigint[]), cast(:days as text[])) as n (period, version_id, days)
left join lateral (
  select l.period, l.version_id, l.days_sha256 from core.in_force l
  where l.plan_code = :plan_code and l.period = n.period
  order by l.in_force_id desc
  limit 1
) f on true
where (f.version_id, f.days_sha256) is distinct from (n.version_id, n.days)
