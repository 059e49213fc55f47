-- Instants of the calendar that have passed: they may not be moved any more
select p.period, d.name, d.instant
from core.period p
cross join lateral (
  values ('due_at', p.due_at), ('publish_at', p.publish_at), ('closing_at', p.closing_at)) as d (name, instant)
where p.plan_code = :plan_code and d.instant <= :now
