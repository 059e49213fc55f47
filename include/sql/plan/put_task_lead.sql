-- Stores which bodies lead which tasks
insert into core.task_lead (plan_code, task_ref, agency_code)
select :plan_code, n.task_ref, n.agency_code
from unnest(cast(:tasks as text[]), cast(:agencies as text[])) as n (task_ref, agency_code)
on conflict (plan_code, task_ref, agency_code) do nothing
