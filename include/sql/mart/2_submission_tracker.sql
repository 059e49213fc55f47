-- What each body owes and what came of it, at present
create or replace view mart.submission_tracker as
  select t.plan_code, t.period, t.agency_code, t.agency_name, t.state, t.received_at, t.due_at, t.is_on_time,
    t.days_late, t.version, t.finding_count, t.receipt_no, t.row_order, t.obligation, t.general_due_at,
    t.extended_until, t.letter_no, t.letter_on, t.rejected_at, t.owed_count, t.answered_count, t.completeness_pct,
    t.correction_asked_at, t.plan_code || '/' || t.agency_code as agency_key, t.plan_code || '/' || t.period as period_key
  from core.submission_tracker t;

grant select on mart.submission_tracker to tiendo_reader, tiendo_loader;

comment on view mart.submission_tracker is
  'What each obliged body owes and what came of it: one row per obligation, period and body. The same for any instant: function submission_tracker_at(instant, plan_code, obligation, period).';
comment on column mart.submission_tracker.plan_code is 'The plan.';
comment on column mart.submission_tracker.period is
  'The period, such as 2023-Q1, 2023-M04 or 2023-H1; the year, such as 2023, for what is owed once a year.';
comment on column mart.submission_tracker.agency_code is 'The body.';
comment on column mart.submission_tracker.agency_name is 'Its name.';
comment on column mart.submission_tracker.state is
  'accepted, accepted_with_warnings, rejected (something came, nothing acceptable), missing (nothing came, though it may not be due yet: due_at), exempt (được miễn) or nothing_to_report (không phát sinh); the last two by letter, or nothing_to_report where the plan asks the body for nothing in the period, while nothing acceptable came.';
comment on column mart.submission_tracker.received_at is
  'When the first acceptable file came; of a rejected one where there is none; null where nothing came.';
comment on column mart.submission_tracker.due_at is
  'Instant before which it was due from this body, an extension included.';
comment on column mart.submission_tracker.is_on_time is
  'Whether the first acceptable version came before due_at; null when there is none.';
comment on column mart.submission_tracker.days_late is
  'Days begun since due_at, 1 from the first instant that is too late, 0 when on time; null when nothing acceptable came.';
comment on column mart.submission_tracker.version is 'Number of acceptable versions so far; null where there is none.';
comment on column mart.submission_tracker.finding_count is 'Findings on the file that counts.';
comment on column mart.submission_tracker.receipt_no is 'Receipt of the file that counts; null where nothing came.';
comment on column mart.submission_tracker.row_order is 'The register''s order of bodies.';
comment on column mart.submission_tracker.obligation is
  'quarterly_report (the regular one, whatever the plan''s period), or implementation_plan: the body''s own implementation plan, due in February.';
comment on column mart.submission_tracker.general_due_at is 'Instant before which it was due from every body.';
comment on column mart.submission_tracker.extended_until is
  'Last day to submit granted by letter; null without an extension.';
comment on column mart.submission_tracker.letter_no is
  'Number of the letter that extended or exempted, or said that there is nothing to report; null without one.';
comment on column mart.submission_tracker.letter_on is 'Date of that letter; null without one.';
comment on column mart.submission_tracker.rejected_at is
  'When the last file came that was refused and not corrected by a later acceptable one; null when there is none.';
comment on column mart.submission_tracker.owed_count is
  'Indicators with a figure in this period and tasks that the body answers for; 1 for a document; 0 when excused.';
comment on column mart.submission_tracker.answered_count is
  'Of these, answered by accepted content; what a file leaves blank is not answered.';
comment on column mart.submission_tracker.completeness_pct is
  'Share answered, in percent, 100 at most; null when nothing is owed.';
comment on column mart.submission_tracker.correction_asked_at is
  'When the body was last asked to correct its report and has not answered yet; null otherwise.';
comment on column mart.submission_tracker.agency_key is 'Key of the body in one column, as in agency.';
comment on column mart.submission_tracker.period_key is
  'Key of the period in one column, as in period, where it is one that is reported on.';
