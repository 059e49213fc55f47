-- What was ever told of each task
create or replace view mart.task_status_history as
  select t.plan_code, t.period, t.task_ref, t.agency_code, n.version, t.state, t.completion_pct, t.result, t.difficulty,
    t.proposal, t.received_at, t.recorded_at, n.replaced_at, t.submission_id, f.receipt_no, f.sha256 as file_sha256, t.sheet, t.cell,
    t.plan_code || '/' || t.task_ref as task_key, t.plan_code || '/' || t.agency_code as agency_key,
    t.plan_code || '/' || t.period as period_key
  from core.task_progress t
  left join intake.submission n on n.submission_id = t.submission_id
  left join intake.submission_file f on f.file_id = n.file_id;

grant select on mart.task_status_history to tiendo_reader, tiendo_loader;

comment on view mart.task_status_history is
  'What was ever told of each task, with the time for which it counted. It counted from recorded_at until replaced_at; at an instant: function task_status_at(instant). One row per plan, period, task, body and version of its report.';
comment on column mart.task_status_history.plan_code is 'The plan.';
comment on column mart.task_status_history.period is 'The period.';
comment on column mart.task_status_history.task_ref is 'The task.';
comment on column mart.task_status_history.agency_code is 'The body that tells it.';
comment on column mart.task_status_history.version is 'Version of the body''s report for the period.';
comment on column mart.task_status_history.state is
  'done, on_schedule, late, not_started or not_applicable, as told.';
comment on column mart.task_status_history.completion_pct is
  'Share completed, in percent, as told; null where not told.';
comment on column mart.task_status_history.result is 'Results, as told.';
comment on column mart.task_status_history.difficulty is 'Difficulties, as told.';
comment on column mart.task_status_history.proposal is 'Proposals, as told.';
comment on column mart.task_status_history.received_at is 'When the file came.';
comment on column mart.task_status_history.recorded_at is 'When it was loaded, and counted from.';
comment on column mart.task_status_history.replaced_at is
  'When a newer report of the body was loaded; null for what counts now. Not after recorded_at: it never counted.';
comment on column mart.task_status_history.submission_id is 'The submission.';
comment on column mart.task_status_history.receipt_no is 'Receipt of the file.';
comment on column mart.task_status_history.file_sha256 is 'SHA-256 of the file.';
comment on column mart.task_status_history.sheet is 'Sheet.';
comment on column mart.task_status_history.cell is 'Cell of the state.';
comment on column mart.task_status_history.task_key is 'Key of the task in one column, as in task.';
comment on column mart.task_status_history.agency_key is 'Key of the body in one column, as in agency.';
comment on column mart.task_status_history.period_key is 'Key of the period in one column, as in period.';
