-- What the bodies' reports told of each task at an instant
create or replace function mart.task_status_at(instant timestamptz)
returns table (
  plan_code text, period text, task_ref text, agency_code text, version integer, state text, completion_pct numeric,
  result text, difficulty text, proposal text, received_at timestamptz, recorded_at timestamptz, submission_id bigint,
  receipt_no text, file_sha256 text, sheet text, cell text)
language sql stable security invoker as $$
  select h.plan_code, h.period, h.task_ref, h.agency_code, h.version, h.state, h.completion_pct, h.result, h.difficulty,
    h.proposal, h.received_at, h.recorded_at, h.submission_id, h.receipt_no, h.file_sha256, h.sheet, h.cell
  from mart.task_status_history h
  where h.recorded_at <= instant and (h.replaced_at is null or h.replaced_at > instant)
$$;

revoke all on function mart.task_status_at(timestamptz) from public;
grant execute on function mart.task_status_at(timestamptz) to tiendo_reader, tiendo_loader;

comment on function mart.task_status_at(timestamptz) is
  'What the bodies'' reports told of each task as it stood at an instant: one row per plan, period, task and body.';
