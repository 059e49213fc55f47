-- Letters that changed what a body owes
create or replace view mart.extension as
  select plan_code, obligation, period, agency_code, extension_id, kind, due_at, letter_no, letter_on, note,
    recorded_at, recorded_by
  from core.extension;

grant select on mart.extension to tiendo_reader, tiendo_loader;

comment on view mart.extension is
  'Letters that changed what a body owes, in the order they were entered. Nothing is changed or deleted: the last entry for a body, obligation and period counts.';
comment on column mart.extension.plan_code is 'The plan.';
comment on column mart.extension.obligation is 'quarterly_report or implementation_plan.';
comment on column mart.extension.period is 'The period, or the year for what is owed once a year.';
comment on column mart.extension.agency_code is 'The body.';
comment on column mart.extension.extension_id is 'Number of the entry, counting up.';
comment on column mart.extension.kind is
  'extended, exempt, nothing_to_report, or revoked: what was entered before no longer holds.';
comment on column mart.extension.due_at is 'Instant before which it is due now; null where kind is not extended.';
comment on column mart.extension.letter_no is 'Number of the official letter.';
comment on column mart.extension.letter_on is 'Date of the letter.';
comment on column mart.extension.note is 'Note of whoever entered it.';
comment on column mart.extension.recorded_at is 'When it was entered.';
comment on column mart.extension.recorded_by is 'Who entered it.';
