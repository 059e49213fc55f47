-- Documents received that answer an obligation as they stand
create or replace view mart.obligation_document as
  select d.plan_code, d.obligation, d.period, d.agency_code, d.received_at, d.recorded_at, d.recorded_by, d.note,
    f.receipt_no, f.name as file_name, f.sha256 as file_sha256, f.size_bytes
  from intake.obligation_document d join intake.submission_file f using (file_id);

grant select on mart.obligation_document to tiendo_reader, tiendo_loader;

comment on view mart.obligation_document is
  'Documents received that answer an obligation as they stand: implementation plans. One row per document.';
comment on column mart.obligation_document.plan_code is 'The plan.';
comment on column mart.obligation_document.obligation is 'implementation_plan.';
comment on column mart.obligation_document.period is 'The year.';
comment on column mart.obligation_document.agency_code is 'The body.';
comment on column mart.obligation_document.received_at is 'When the document came.';
comment on column mart.obligation_document.recorded_at is 'When it was entered.';
comment on column mart.obligation_document.recorded_by is 'Who or what entered it.';
comment on column mart.obligation_document.note is 'Note of whoever entered it.';
comment on column mart.obligation_document.receipt_no is 'Receipt in the ledger of files.';
comment on column mart.obligation_document.file_name is 'File name as sent.';
comment on column mart.obligation_document.file_sha256 is 'SHA-256 of the file.';
comment on column mart.obligation_document.size_bytes is 'Size in bytes.';
