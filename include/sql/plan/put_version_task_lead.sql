-- Stores who leads a version's tasks
insert into core.version_task_lead (version_id, task_ref, agency_code)
select :version_id, r.task_ref, r.agency_code
from jsonb_populate_recordset(null::core.version_task_lead, cast(:rows as jsonb)) r
