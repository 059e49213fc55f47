-- How many indicators and tasks of each lead body stand where, as of an instant
select subject, group_code as agency_code, group_name as agency_name, group_order, status, item_count
from mart.status_rollup_at(:as_of, :plan_code, :period)
where grouping_kind = 'agency'
order by group_order, subject, status
