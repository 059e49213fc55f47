-- Every file that came, and its fate
create or replace view mart.file as
  select f.file_id, f.receipt_no, f.plan_code, coalesce(f.period, o.period) as period, f.agency_code,
    case when o.file_id is not null then o.obligation when f.period is not null then 'quarterly_report' end
      as obligation, f.state, f.name as file_name, f.sha256, f.size_bytes, f.channel,
    f.sender_agency_code, f.received_at, f.landed_at, f.settled_at, d.receipt_no as duplicate_of_receipt_no,
    q.receipt_no as requeue_of_receipt_no, f.trial_verdict, b.version,
    (select count(*) from intake.finding n where n.file_id = f.file_id)::integer as finding_count,
    f.plan_code || '/' || f.agency_code as agency_key,
    f.plan_code || '/' || coalesce(f.period, o.period) as period_key
  from intake.submission_file f
  left join intake.submission_file d on d.file_id = f.duplicate_of
  left join intake.submission_file q on q.file_id = f.requeue_of
  left join intake.submission b on b.file_id = f.file_id
  left join intake.obligation_document o on o.file_id = f.file_id;

grant select on mart.file to tiendo_reader, tiendo_loader;

comment on view mart.file is
  'Every file that came, and its one fate. One row per file.';
comment on column mart.file.file_id is 'Number of the file.';
comment on column mart.file.receipt_no is 'Receipt given to the sender.';
comment on column mart.file.plan_code is 'The plan it is for; null where that was not found out.';
comment on column mart.file.period is
  'The period it is for, of what is owed once a year the year; null where that was not found out.';
comment on column mart.file.agency_code is 'The body it speaks for; null where that was not found out.';
comment on column mart.file.obligation is
  'What it answers: quarterly_report (the regular one) or implementation_plan; null where its period was not found out.';
comment on column mart.file.state is
  'accepted, accepted_with_warnings, rejected, duplicate, quarantined or trial (only to be checked); null while it waits.';
comment on column mart.file.file_name is 'Name as sent.';
comment on column mart.file.sha256 is 'SHA-256 of its bytes.';
comment on column mart.file.size_bytes is 'Size in bytes.';
comment on column mart.file.channel is 'folder, share, mail or command.';
comment on column mart.file.sender_agency_code is
  'The body whose inbox or address it came from; null for none known. Addresses are not shown.';
comment on column mart.file.received_at is 'When it came.';
comment on column mart.file.landed_at is 'When we took it in.';
comment on column mart.file.settled_at is 'When it got its fate; null while it waits.';
comment on column mart.file.duplicate_of_receipt_no is 'Receipt of the file it is the same as; null for none.';
comment on column mart.file.requeue_of_receipt_no is
  'Receipt of the file that was read once more as this one; null for none.';
comment on column mart.file.trial_verdict is
  'What a file that was only to be checked would have been; null for others.';
comment on column mart.file.version is 'Version of the body''s report that it made; null where it made none.';
comment on column mart.file.finding_count is 'How many findings it was answered with.';
comment on column mart.file.agency_key is 'Key of the body in one column, as in agency; null where it has none.';
comment on column mart.file.period_key is 'Key of the period in one column, as in period; null where it has none.';
