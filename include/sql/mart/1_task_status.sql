-- Progress of each task as the bodies that owe it tell it
create or replace view mart.task_status as
  select o.plan_code, o.period, o.task_ref, k.section_ref, k.section_title, k.title, k.is_collective, k.due_on,
    o.agency_code, g.name as agency_name, o.state, t.completion_pct, t.result, t.difficulty, t.proposal,
    t.received_at, t.recorded_at, t.submission_id, f.sha256 as file_sha256, t.sheet, t.cell,
    o.plan_code || '/' || o.task_ref as task_key, o.plan_code || '/' || o.agency_code as agency_key,
    o.plan_code || '/' || o.period as period_key
  from core.owed_task o
  left join core.task_progress t on t.task_progress_id = o.task_progress_id
  left join core.version_task k on k.version_id = o.version_id and k.task_ref = o.task_ref
  left join core.version_agency g on g.version_id = o.version_id and g.agency_code = o.agency_code
  left join intake.submission n on n.submission_id = t.submission_id
  left join intake.submission_file f on f.file_id = n.file_id
  where o.task_progress_id is not null;

grant select on mart.task_status to tiendo_reader, tiendo_loader;

comment on view mart.task_status is
  'Progress of each task as the bodies that owe it tell it: the latest row per period, task and body.';
comment on column mart.task_status.plan_code is 'The plan.';
comment on column mart.task_status.period is 'The period.';
comment on column mart.task_status.task_ref is 'Reference in the plan, such as II.4.a.1.';
comment on column mart.task_status.section_ref is 'Section, such as II.4.';
comment on column mart.task_status.section_title is 'Its heading.';
comment on column mart.task_status.title is 'The task in short.';
comment on column mart.task_status.is_collective is 'Whether every body owes it.';
comment on column mart.task_status.due_on is 'Day by which it is to be done; null without one.';
comment on column mart.task_status.agency_code is 'The body.';
comment on column mart.task_status.agency_name is 'Its name.';
comment on column mart.task_status.state is 'done, on_schedule, late, not_started or not_applicable.';
comment on column mart.task_status.completion_pct is 'Share completed, in percent, as told; null where not told.';
comment on column mart.task_status.result is 'Results, as told.';
comment on column mart.task_status.difficulty is 'Difficulties, as told.';
comment on column mart.task_status.proposal is 'Proposals, as told.';
comment on column mart.task_status.received_at is 'When the file came.';
comment on column mart.task_status.recorded_at is 'When it was loaded.';
comment on column mart.task_status.submission_id is 'The submission.';
comment on column mart.task_status.file_sha256 is 'SHA-256 of the file.';
comment on column mart.task_status.sheet is 'Sheet.';
comment on column mart.task_status.cell is 'Cell of the state.';
comment on column mart.task_status.task_key is 'Key of the task in one column, as in task.';
comment on column mart.task_status.agency_key is 'Key of the body in one column, as in agency.';
comment on column mart.task_status.period_key is 'Key of the period in one column, as in period.';
