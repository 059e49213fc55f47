-- The tasks of a plan
create or replace view mart.task as
  select plan_code, task_ref, plan_code || '/' || task_ref as task_key, section_ref, section_title, title, is_collective, due_on,
    row_order
  from core.task;

grant select on mart.task to tiendo_reader, tiendo_loader;

comment on view mart.task is
  'The tasks that a plan has or had, by the register in force; who leads them is in task_lead. One row per plan and task.';
comment on column mart.task.plan_code is 'The plan.';
comment on column mart.task.task_ref is 'Reference in the plan, such as II.4.a.1.';
comment on column mart.task.task_key is 'Key in one column, for tools that join by one: plan_code/task_ref.';
comment on column mart.task.section_ref is 'Section, such as II.4.';
comment on column mart.task.section_title is 'Its heading.';
comment on column mart.task.title is 'The task in short.';
comment on column mart.task.is_collective is 'Whether every body owes it.';
comment on column mart.task.due_on is 'Day by which it is to be done; null without one.';
comment on column mart.task.row_order is 'Printed order in the plan.';
