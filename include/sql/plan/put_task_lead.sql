-- Stores which bodies lead which tasks
insert into core.task_lead (plan_code, task_ref, agency_code)
select :plan_code, r.task_ref, r.agency_code
from jsonb_populate_recordset(null::core.task_lead, cast(:rows as jsonb)) r
on conflict (plan_code, task_ref, agency_code) do nothing
