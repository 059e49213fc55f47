-- Warnings on the reports in force for a period at an instant: what the reviewer should know was asked of their senders,
-- with what the sender says of a figure in the row of the same number; of a figure's cell also the figure and the one
-- that was known before it
select g.name as agency_name, f.receipt_no, f.name as file_name, n.rule, n.sheet, n.cell, n.message, n.found, n.expected,
  coalesce((
    select min(o.explanation)
    from core.observation o
    where o.submission_id = in_force.submission_id and o.sheet = n.sheet and o.explanation <> ''
      and substring(o.cell from '[0-9]+$') = substring(n.cell from '[0-9]+$')
  ), '') as explanation,
  coalesce(i.label, '') as indicator, coalesce(i.unit, '') as unit, told.value, before.value as last_value,
  coalesce(before.period, '') as last_period
from (
  select distinct on (b.agency_code) b.agency_code, b.file_id, b.submission_id
  from intake.submission b
  where b.plan_code = :plan_code and b.period = :period and b.recorded_at <= :as_of
  order by b.agency_code, b.received_at desc, b.submission_id desc
) in_force
join intake.submission_file f using (file_id)
join intake.finding n on n.file_id = f.file_id and n.severity = 'warning'
join core.agency g on g.plan_code = :plan_code and g.agency_code = in_force.agency_code
left join lateral (
  select o.indicator_code, o.period, o.value
  from core.observation o
  where o.submission_id = in_force.submission_id and (o.sheet, o.cell) = (n.sheet, n.cell)
  order by o.basis desc
  limit 1
) told on true
left join core.indicator i on i.plan_code = :plan_code and i.indicator_code = told.indicator_code
left join lateral (
  select p.period, p.value
  from core.observation_at(:as_of) p
  where p.plan_code = :plan_code and p.agency_code = in_force.agency_code and p.indicator_code = told.indicator_code
    and p.basis = 'year_to_date' and p.period < told.period and p.value is not null
  order by p.period desc
  limit 1
) before on true
order by g.row_order, n.finding_id
