-- Stores a version's tasks
insert into core.version_task (version_id, task_ref, row_order, section_ref, section_title, title, is_collective, due_on)
select :version_id, r.task_ref, r.row_order, r.section_ref, r.section_title, r.title, r.is_collective, r.due_on
from jsonb_populate_recordset(null::core.version_task, cast(:rows as jsonb)) r
