-- Every figure ever accepted, with its revisions
create or replace view mart.observation_history as
  select o.observation_id, o.plan_code, o.period, o.indicator_code, o.agency_code, o.basis, o.kind, o.answer, o.value,
    o.value_text, o.is_approximate, o.is_illustrative, o.is_correction, o.promised_on, o.data_on, o.note,
    o.explanation, o.received_at, o.recorded_at, o.submission_id, b.version, f.receipt_no, f.name as file_name,
    f.sha256 as file_sha256,
    case f.channel when 'mail' then f.sender_agency_code else f.sender end as sender, f.channel, o.sheet, o.cell,
    o.revision::bigint as revision, o.is_current, o.plan_code || '/' || o.indicator_code as indicator_key,
    o.plan_code || '/' || o.agency_code as agency_key, o.plan_code || '/' || o.period as period_key
  from core.observation o
  join intake.submission b using (submission_id)
  join intake.submission_file f using (file_id);

grant select on mart.observation_history to tiendo_reader, tiendo_loader;

comment on view mart.observation_history is
  'Every figure ever accepted, one row per figure and revision. Nothing is changed or deleted: period says what a figure is for, recorded_at when we learnt it.';
comment on column mart.observation_history.observation_id is 'Number of the figure.';
comment on column mart.observation_history.plan_code is 'The plan.';
comment on column mart.observation_history.period is 'The period the figure is for.';
comment on column mart.observation_history.indicator_code is 'The indicator.';
comment on column mart.observation_history.agency_code is 'The body that reported it.';
comment on column mart.observation_history.basis is 'quarter (the period alone, whatever its length) or year_to_date.';
comment on column mart.observation_history.kind is 'actual or estimate.';
comment on column mart.observation_history.answer is
  'value, state, not_applicable, no_occurrence or not_available; only the first has a value, of a state value_text has the words.';
comment on column mart.observation_history.value is 'The figure in the indicator''s unit, exact as sent; null where the answer is no number.';
comment on column mart.observation_history.value_text is 'The figure as typed.';
comment on column mart.observation_history.is_approximate is 'Whether the sender gave only an approximate figure.';
comment on column mart.observation_history.is_illustrative is 'Whether the figure is made up for demonstration.';
comment on column mart.observation_history.is_correction is 'Whether it came as a correction of an earlier period.';
comment on column mart.observation_history.promised_on is 'Day by which a missing figure is promised; null where none is.';
comment on column mart.observation_history.data_on is 'Day up to which the figure counts; null where the sender does not say.';
comment on column mart.observation_history.note is 'The sender''s note.';
comment on column mart.observation_history.explanation is 'The sender''s explanation, or the reason of a correction.';
comment on column mart.observation_history.received_at is 'When the file came.';
comment on column mart.observation_history.recorded_at is 'When the figure was loaded.';
comment on column mart.observation_history.submission_id is 'The submission it came with.';
comment on column mart.observation_history.version is 'Version of the body''s report for the period it was sent for.';
comment on column mart.observation_history.receipt_no is 'Receipt given to the sender.';
comment on column mart.observation_history.file_name is 'File name as sent.';
comment on column mart.observation_history.file_sha256 is 'SHA-256 of the file.';
comment on column mart.observation_history.sender is 'Given up, see docs/mart-changelog.md: inbox folder, user, or the body that a mail came from, null where that is not known; no address.';
comment on column mart.observation_history.channel is 'folder, share, mail or command.';
comment on column mart.observation_history.sheet is 'Sheet.';
comment on column mart.observation_history.cell is 'Cell.';
comment on column mart.observation_history.revision is
  '1 for the first figure for this indicator, body, period and basis, counting up.';
comment on column mart.observation_history.is_current is
  'Whether this figure counts: it stands in the newest acceptable version of its body and period, or came as a correction, and nothing newer speaks of it.';
comment on column mart.observation_history.indicator_key is 'Key of the indicator in one column, as in indicator.';
comment on column mart.observation_history.agency_key is 'Key of the body in one column, as in agency.';
comment on column mart.observation_history.period_key is 'Key of the period in one column, as in period.';
