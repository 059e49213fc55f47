-- What reviewers answer: drafts approved or rejected, reports returned to their bodies; and whom an edition was sent to.

alter table intake.audit drop constraint audit_act_check;
alter table intake.audit add constraint audit_act_check check (act in ('requeue', 'release', 'approve', 'reject', 'return'));

-- A body is asked to correct its report; from then on the period is open to it until it has answered ----------------

create table core.correction_request (
  correction_request_id bigint generated always as identity primary key,
  request_no text generated always as ('DC-' || lpad(correction_request_id::text, 6, '0')) stored unique,
  plan_code text not null,
  agency_code text not null,
  period text not null,
  edition integer not null,
  data_sha256 text not null check (data_sha256 ~ '^[0-9a-f]{64}$'),
  comment text not null check (btrim(comment) <> ''),
  asked_by text not null check (asked_by <> ''),
  asked_at timestamptz not null,
  -- The question that was answered in this way: answered once, asked once
  question text not null,
  unique (question, agency_code),
  foreign key (plan_code, agency_code) references core.agency,
  foreign key (plan_code, period) references core.period
);
create index on core.correction_request (plan_code, period, agency_code);
create trigger append_only before update or delete or truncate on core.correction_request
  for each statement execute function core.refuse_change();

-- Whom an edition was sent to, or why not ---------------------------------------------------------------------------

create table core.edition_delivery (
  plan_code text not null,
  period text not null,
  edition integer not null,
  recipient text not null,
  address text not null,
  outcome text not null check (outcome in ('queued', 'no_address', 'no_connection')),
  recorded_at timestamptz not null,
  primary key (plan_code, period, edition, recipient, address, outcome),
  foreign key (plan_code, period, edition) references core.edition (plan_code, period, edition)
);
create trigger append_only before update or delete or truncate on core.edition_delivery
  for each statement execute function core.refuse_change();

grant select, insert on core.correction_request, core.edition_delivery to tiendo_loader;

-- The public side ----------------------------------------------------------------------------------------------------

create view mart.correction_request as
  select r.plan_code, r.period, r.agency_code, r.request_no, r.edition, r.comment, r.asked_by, r.asked_at,
    a.received_at as answered_at, a.receipt_no as answer_receipt_no
  from core.correction_request r
  left join lateral (
    select f.received_at, f.receipt_no
    from intake.submission b join intake.submission_file f using (file_id)
    where b.plan_code = r.plan_code and b.period = r.period and b.agency_code = r.agency_code
      and f.landed_at >= r.asked_at and f.requeue_of is null
    order by f.landed_at, f.file_id
    limit 1
  ) a on true;

create or replace view mart.submission_tracker as
  select o.plan_code, o.period, t.agency_code, t.agency_name, t.state, t.received_at, t.due_at, t.is_on_time,
    t.days_late, t.version, t.finding_count, t.receipt_no, t.row_order, o.obligation, t.general_due_at,
    t.extended_until, t.letter_no, t.letter_on, t.rejected_at, t.owed_count, t.answered_count, t.completeness_pct,
    case when o.obligation = 'quarterly_report' then (
      select max(c.asked_at) from mart.correction_request c
      where c.plan_code = o.plan_code and c.period = o.period and c.agency_code = t.agency_code
        and c.answered_at is null) end as correction_asked_at
  from core.obligation o
  cross join lateral mart.submission_tracker_at('infinity', o.plan_code, o.obligation, o.period) t;

create view mart.edition_delivery as
  select plan_code, period, edition, recipient, address, outcome, recorded_at
  from core.edition_delivery;

grant select on mart.correction_request, mart.edition_delivery to tiendo_reader, tiendo_loader;

comment on view mart.correction_request is
  'Requests for correction that a reviewer sent to a body instead of, or beside, approving a draft. The period is open to the body until it has answered.';
comment on column mart.correction_request.plan_code is 'The plan.';
comment on column mart.correction_request.period is 'The quarter whose report is to be corrected.';
comment on column mart.correction_request.agency_code is 'The body.';
comment on column mart.correction_request.request_no is 'Number of the request, on the notice to the body.';
comment on column mart.correction_request.edition is 'Number of the edition whose draft was reviewed.';
comment on column mart.correction_request.comment is 'What the reviewer asks for, in the reviewer''s words.';
comment on column mart.correction_request.asked_by is 'The reviewer.';
comment on column mart.correction_request.asked_at is 'When it was asked.';
comment on column mart.correction_request.answered_at is
  'When the first acceptable report came that was taken in after the request; null while it waits.';
comment on column mart.correction_request.answer_receipt_no is 'Receipt of that report.';
comment on column mart.submission_tracker.correction_asked_at is
  'When the body was last asked to correct its report and has not answered yet; null otherwise.';
comment on view mart.edition_delivery is
  'Whom a published edition was sent to: one row per recipient of the register (Nơi nhận) and address, or why it was not sent.';
comment on column mart.edition_delivery.plan_code is 'The plan.';
comment on column mart.edition_delivery.period is 'The quarter.';
comment on column mart.edition_delivery.edition is 'Number of the edition.';
comment on column mart.edition_delivery.recipient is 'The line of Nơi nhận.';
comment on column mart.edition_delivery.address is 'Mail address; empty where the register has none.';
comment on column mart.edition_delivery.outcome is
  'queued (mail handed to the outgoing queue, once), no_address (the register gives none) or no_connection (no mail server is configured).';
comment on column mart.edition_delivery.recorded_at is 'When this was recorded.';
