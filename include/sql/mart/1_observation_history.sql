-- Every figure ever accepted, with its revisions
create or replace view mart.observation_history as
  select o.observation_id, o.plan_code, o.period, o.indicator_code, o.agency_code, o.basis, o.kind, o.answer, o.value,
    o.value_text, o.is_approximate, o.is_illustrative, o.is_correction, o.promised_on, o.data_on, o.note,
    o.explanation, o.received_at, o.recorded_at, o.submission_id, b.version, f.receipt_no, f.name as file_name,
    f.sha256 as file_sha256, f.sender, f.channel, o.sheet, o.cell,
    row_number() over (
      partition by o.plan_code, o.period, o.indicator_code, o.agency_code, o.basis
      order by o.received_at, f.file_id, o.observation_id) as revision,
    (o.is_correction or n.submission_id is not null) and row_number() over (
      partition by o.plan_code, o.period, o.indicator_code, o.agency_code, o.basis
      order by o.is_correction or n.submission_id is not null desc, o.received_at desc, f.file_id desc,
        o.observation_id desc) = 1 as is_current
  from core.observation o
  join intake.submission b using (submission_id)
  join intake.submission_file f using (file_id)
  left join intake.newest_submission n using (submission_id);

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
comment on column mart.observation_history.value is 'The figure in the indicator''s unit, exact as sent.';
comment on column mart.observation_history.value_text is 'The figure as typed.';
comment on column mart.observation_history.is_approximate is 'Whether the sender gave only an approximate figure.';
comment on column mart.observation_history.is_illustrative is 'Whether the figure is made up for demonstration.';
comment on column mart.observation_history.is_correction is 'Whether it came as a correction of an earlier period.';
comment on column mart.observation_history.promised_on is 'Day by which a missing figure is promised.';
comment on column mart.observation_history.data_on is 'Day up to which the figure counts.';
comment on column mart.observation_history.note is 'The sender''s note.';
comment on column mart.observation_history.explanation is 'The sender''s explanation, or the reason of a correction.';
comment on column mart.observation_history.received_at is 'When the file came.';
comment on column mart.observation_history.recorded_at is 'When the figure was loaded.';
comment on column mart.observation_history.submission_id is 'The submission it came with.';
comment on column mart.observation_history.version is 'Version of the body''s report for the period it was sent for.';
comment on column mart.observation_history.receipt_no is 'Receipt given to the sender.';
comment on column mart.observation_history.file_name is 'File name as sent.';
comment on column mart.observation_history.file_sha256 is 'SHA-256 of the file.';
comment on column mart.observation_history.sender is 'Inbox folder, mail address or user.';
comment on column mart.observation_history.channel is 'folder, share, mail or command.';
comment on column mart.observation_history.sheet is 'Sheet.';
comment on column mart.observation_history.cell is 'Cell.';
comment on column mart.observation_history.revision is
  '1 for the first figure for this indicator, body, period and basis, counting up.';
comment on column mart.observation_history.is_current is
  'Whether this figure counts: it stands in the newest acceptable version of its body and period, or came as a correction, and nothing newer speaks of it.';
