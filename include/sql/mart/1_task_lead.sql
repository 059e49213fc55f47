-- What each body owes of each task in each period, and whether it told anything
create or replace view mart.task_lead as
  select o.plan_code, o.period, o.task_ref, k.title, o.agency_code, o.task_progress_id is not null as is_reported,
    o.state, t.completion_pct, k.due_on, k.is_collective, k.row_order,
    o.plan_code || '/' || o.task_ref as task_key, o.plan_code || '/' || o.agency_code as agency_key,
    o.plan_code || '/' || o.period as period_key
  from core.owed_task o
  left join core.version_task k on k.version_id = o.version_id and k.task_ref = o.task_ref
  left join core.task_progress t on t.task_progress_id = o.task_progress_id
  where o.is_owed;

grant select on mart.task_lead to tiendo_reader, tiendo_loader;

comment on view mart.task_lead is
  'Which bodies lead each task in each period, and whether each has told how it stands: what a body left unreported is where is_reported is false. One row per plan, period, task and body.';
comment on column mart.task_lead.plan_code is 'The plan.';
comment on column mart.task_lead.period is 'The period.';
comment on column mart.task_lead.task_ref is 'The task.';
comment on column mart.task_lead.title is 'The task in short.';
comment on column mart.task_lead.agency_code is 'The body that leads it.';
comment on column mart.task_lead.is_reported is 'Whether the report that counts tells how it stands.';
comment on column mart.task_lead.state is
  'done, on_schedule, late, not_started or not_applicable, as the body tells it; not_reported where it tells nothing.';
comment on column mart.task_lead.completion_pct is 'Share completed, in percent, as told; null where not told.';
comment on column mart.task_lead.due_on is 'Day by which it is to be done; null without one.';
comment on column mart.task_lead.is_collective is 'Whether every body owes it.';
comment on column mart.task_lead.row_order is 'Printed order of the tasks.';
comment on column mart.task_lead.task_key is 'Key of the task in one column, as in task.';
comment on column mart.task_lead.agency_key is 'Key of the body in one column, as in agency.';
comment on column mart.task_lead.period_key is 'Key of the period in one column, as in period.';
