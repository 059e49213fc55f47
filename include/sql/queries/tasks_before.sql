-- The last state of each task before a period, as each body told it
select distinct on (agency_code, task_ref) agency_code, task_ref, state, completion_pct
from mart.task_status
where plan_code = :plan_code and period < :period
order by agency_code, task_ref, period desc
