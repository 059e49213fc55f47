-- Stores the register's tasks
insert into core.task (
  plan_code, task_ref, row_order, section_ref, section_title, title, is_collective, due_on)
select
  :plan_code, r.task_ref, r.row_order, r.section_ref, r.section_title, r.title, r.is_collective, r.due_on
from jsonb_populate_recordset(null::core.task, cast(:rows as jsonb)) r
on conflict (plan_code, task_ref) do update set
  row_order = excluded.row_order, section_ref = excluded.section_ref, section_title = excluded.section_title,
  title = excluded.title, is_collective = excluded.is_collective, due_on = excluded.due_on
