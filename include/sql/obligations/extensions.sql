-- Every entry of a plan, in the order entered; the last for a body, obligation and period is in force
select e.extension_id, e.obligation, e.period, e.agency_code, g.name as agency_name, e.kind, e.due_at, e.letter_no,
  e.letter_on, e.note, e.recorded_at, e.recorded_by,
  e.kind <> 'revoked' and not exists (
    select from mart.extension later
    where (later.plan_code, later.obligation, later.period, later.agency_code)
      = (e.plan_code, e.obligation, e.period, e.agency_code) and later.extension_id > e.extension_id) as is_in_force
from mart.extension e
join core.agency g on g.plan_code = e.plan_code and g.agency_code = e.agency_code
where e.plan_code = :plan_code
order by e.extension_id
