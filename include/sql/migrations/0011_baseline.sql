-- The baseline: schemas, roles, tables and what guards them, as migrations 0001 to 0011 left them.
-- A warehouse that those made bears this revision already. What comes after is a new file beside this one, numbered on;
-- views and functions of mart stand in include/sql/mart/. Instants are timestamptz; periods are text like 2023-Q1; values
-- are exact decimals. The register (core.plan ... core.obligation) is copied from include/plans/ and may be refreshed;
-- figures are append-only.

create schema intake;
create schema core;
create schema mart;

do $$
begin
  if not exists (select from pg_roles where rolname = 'tiendo_loader') then create role tiendo_loader nologin; end if;
  if not exists (select from pg_roles where rolname = 'tiendo_reader') then create role tiendo_reader nologin; end if;
end
$$;

-- The register ------------------------------------------------------------------------------------------------------

create table core.plan (
  plan_code text primary key,
  title text not null,
  province text not null,
  year integer not null,
  rule_version text not null,
  register_sha256 text not null,
  loaded_at timestamptz not null
);

create table core.agency (
  plan_code text not null references core.plan,
  agency_code text not null,
  name text not null,
  short_name text not null,
  kind text not null,
  is_obliged boolean not null,
  row_order integer not null,
  primary key (plan_code, agency_code)
);

create table core.indicator (
  plan_code text not null references core.plan,
  indicator_code text not null,
  row_order integer not null,
  row_kind text not null check (row_kind in ('indicator', 'sub_indicator', 'group', 'body_target')),
  section_no text not null,
  section_title text not null,
  printed_no text not null,
  name text not null,
  label text not null,
  unit_code text,
  unit text not null,
  target_text text not null,
  comparator text not null check (comparator in ('ge', 'gt', 'le', 'lt', 'range', 'between', 'none')),
  target_low numeric,
  target_high numeric,
  direction text not null,
  nature text not null,
  decision text not null,
  -- Quarters for which a figure exists at all; in the others nothing is owed
  published_in integer[] not null default '{1,2,3,4}',
  primary key (plan_code, indicator_code)
);

create table core.reporter (
  plan_code text not null,
  indicator_code text not null,
  agency_code text not null,
  precedence integer not null,
  primary key (plan_code, indicator_code, agency_code),
  foreign key (plan_code, indicator_code) references core.indicator,
  foreign key (plan_code, agency_code) references core.agency
);

create table core.task (
  plan_code text not null references core.plan,
  task_ref text not null,
  row_order integer not null,
  section_ref text not null,
  section_title text not null,
  title text not null,
  is_collective boolean not null,
  due_on date,
  primary key (plan_code, task_ref)
);

create table core.task_lead (
  plan_code text not null,
  task_ref text not null,
  agency_code text not null,
  primary key (plan_code, task_ref, agency_code),
  foreign key (plan_code, task_ref) references core.task,
  foreign key (plan_code, agency_code) references core.agency
);

create table core.period (
  plan_code text not null references core.plan,
  period text not null check (period ~ '^[0-9]{4}-Q[1-4]$'),
  cut_off_on date not null,
  due_at timestamptz not null,
  publish_at timestamptz not null,
  closing_at timestamptz not null,
  primary key (plan_code, period)
);

-- What is owed by when: quarterly reports, and what is owed once a year
create table core.obligation (
  plan_code text not null references core.plan,
  obligation text not null check (obligation in ('quarterly_report', 'implementation_plan')),
  period text not null check (period ~ '^[0-9]{4}(-Q[1-4])?$'),
  due_at timestamptz not null,
  closing_at timestamptz not null check (closing_at > due_at),
  primary key (plan_code, obligation, period)
);

-- Intake: every file that ever arrived, and its one fate -------------------------------------------------------------

create table intake.scan (
  scan_id bigint generated always as identity primary key,
  channel text not null,
  completed_at timestamptz not null
);

create table intake.submission_file (
  file_id bigint generated always as identity primary key,
  receipt_no text generated always as ('TN-' || lpad(file_id::text, 6, '0')) stored unique,
  claim_id text not null unique,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes bigint not null check (size_bytes >= 0),
  name text not null,
  channel text not null check (channel in ('folder', 'mail', 'command', 'share')),
  sender text not null,
  sender_agency_code text,
  received_at timestamptz not null,
  landed_at timestamptz not null,
  plan_code text,
  agency_code text,
  period text,
  state text check (state in ('accepted', 'accepted_with_warnings', 'rejected', 'duplicate', 'quarantined')),
  duplicate_of bigint references intake.submission_file,
  settled_at timestamptz,
  receipt_path text,
  -- A file that is read once more is a line of its own: the first one keeps its fate
  requeue_of bigint references intake.submission_file,
  -- Where the sender's own workbook with the cells marked lies, beside the receipt; null where none was made
  marked_path text,
  check ((state is null) = (settled_at is null))
);
create index on intake.submission_file (sha256);
create index on intake.submission_file (file_id) where state is null;
create index on intake.submission_file (requeue_of) where requeue_of is not null;
-- The tracker reads one period of one plan; without this it would read every file that ever came
create index on intake.submission_file (plan_code, period, agency_code) where state = 'rejected';
create index on intake.submission_file (plan_code, agency_code, period, received_at);
create index on intake.submission_file (sender_agency_code, received_at) where state = 'quarantined';

create table intake.finding (
  finding_id bigint generated always as identity primary key,
  file_id bigint not null references intake.submission_file,
  rule text not null,
  severity text not null check (severity in ('critical', 'warning', 'info')),
  sheet text not null,
  cell text not null,
  message text not null,
  found text not null,
  expected text not null,
  fix text not null
);
create index on intake.finding (file_id);

create table intake.submission (
  submission_id bigint generated always as identity primary key,
  file_id bigint not null unique references intake.submission_file,
  plan_code text not null,
  agency_code text not null,
  period text not null,
  version integer not null check (version >= 1),
  received_at timestamptz not null,
  recorded_at timestamptz not null,
  unique (plan_code, agency_code, period, version),
  foreign key (plan_code, agency_code) references core.agency,
  foreign key (plan_code, period) references core.period
);
create index on intake.submission (plan_code, agency_code, period, received_at, file_id);

-- Which version of a report counts: the newest acceptable one by the time it came, files of the same instant by the order
-- in which they were landed. Versions are never merged: a figure or task that the newest version leaves out counts no
-- more. A correction of an earlier period stands by itself, until a newer file speaks of that figure.
-- Sought body by body: sorting all that ever came took seconds with many plans.
create view intake.newest_submission as
  select s.submission_id, s.file_id, s.plan_code, s.agency_code, s.period, s.received_at
  from intake.submission s
  where not exists (
    select from intake.submission n
    where n.plan_code = s.plan_code and n.agency_code = s.agency_code and n.period = s.period
      and (n.received_at, n.file_id) > (s.received_at, s.file_id));
comment on view intake.newest_submission is 'The version that counts: one row per plan, body and period.';

-- What lies in the inboxes at present and is not taken, and why; refreshed by each scan
create table intake.left_alone (
  channel text not null check (channel in ('folder', 'share')),
  path text not null,
  reason text not null,
  size_bytes bigint not null check (size_bytes >= 0),
  first_seen_at timestamptz not null,
  last_seen_at timestamptz not null,
  primary key (channel, path)
);

-- The files of the outbox that lie on the share, as they were when they were put there
create table intake.delivery (
  path text primary key,
  size_bytes bigint not null,
  modified_ns bigint not null,
  delivered_at timestamptz not null
);

-- Who did what by hand, and reviewers' answers
create table intake.audit (
  audit_id bigint generated always as identity primary key,
  done_at timestamptz not null,
  done_by text not null check (done_by <> ''),
  act text not null check (act in ('requeue', 'release', 'approve', 'reject', 'return')),
  subject text not null,
  reason text not null check (btrim(reason) <> ''),
  details jsonb not null
);

-- Figures: append-only, two clocks. period = what a figure is for; recorded_at = when we learnt it ------------------

create table core.observation (
  observation_id bigint generated always as identity primary key,
  submission_id bigint not null references intake.submission,
  plan_code text not null,
  indicator_code text not null,
  period text not null,
  agency_code text not null,
  basis text not null check (basis in ('quarter', 'year_to_date')),
  kind text not null check (kind in ('actual', 'estimate')),
  answer text not null check (answer in ('value', 'not_applicable', 'not_available')),
  value numeric,
  value_text text not null,
  is_approximate boolean not null,
  is_illustrative boolean not null,
  is_correction boolean not null,
  promised_on date,
  data_on date,
  note text not null,
  explanation text not null,
  sheet text not null,
  cell text not null,
  received_at timestamptz not null,
  recorded_at timestamptz not null,
  check ((answer = 'value') = (value is not null)),
  foreign key (plan_code, indicator_code, agency_code) references core.reporter,
  foreign key (plan_code, period) references core.period
);
-- The current figure of an indicator, body, period and basis is the first row in this order
create index on core.observation (
  plan_code, agency_code, indicator_code, period, basis, received_at desc, observation_id desc);
create index on core.observation (submission_id);

create table core.task_progress (
  task_progress_id bigint generated always as identity primary key,
  submission_id bigint not null references intake.submission,
  plan_code text not null,
  task_ref text not null,
  period text not null,
  agency_code text not null,
  state text not null check (state in ('done', 'on_schedule', 'late', 'not_started', 'not_applicable')),
  completion_pct numeric check (completion_pct between 0 and 100),
  result text not null,
  difficulty text not null,
  proposal text not null,
  sheet text not null,
  cell text not null,
  received_at timestamptz not null,
  recorded_at timestamptz not null,
  foreign key (plan_code, task_ref, agency_code) references core.task_lead,
  foreign key (plan_code, period) references core.period
);
create index on core.task_progress (
  plan_code, period, task_ref, agency_code, received_at desc, task_progress_id desc);
create index on core.task_progress (submission_id);

create function core.observation_at(instant timestamptz) returns setof core.observation
language sql stable as $$
  select distinct on (o.plan_code, o.agency_code, o.indicator_code, o.period, o.basis) o.*
  from core.observation o
  join intake.submission s on s.submission_id = o.submission_id
  where o.recorded_at <= instant and (o.is_correction or not exists (
    select from intake.submission n
    where (n.plan_code, n.agency_code, n.period) = (o.plan_code, o.agency_code, o.period)
      and n.recorded_at <= instant and (n.received_at, n.file_id) > (s.received_at, s.file_id)))
  order by o.plan_code, o.agency_code, o.indicator_code, o.period, o.basis, o.received_at desc, s.file_id desc,
    o.observation_id desc
$$;
comment on function core.observation_at(timestamptz) is
  'The figures that counted at an instant: one per indicator, body, period and basis.';

-- Status: one row whenever the verdict on an indicator and period, or anything it rests on, changed ------------------

create table core.indicator_status (
  indicator_status_id bigint generated always as identity primary key,
  plan_code text not null references core.plan,
  period text not null,
  as_of timestamptz not null,
  indicator_code text not null,
  agency_code text,
  value numeric,
  value_kind text,
  value_basis text,
  expected_value numeric,
  ratio numeric,
  status text not null check (status in (
    'exceeded', 'achieved', 'missed', 'on_track', 'at_risk', 'behind', 'no_data', 'not_yet_published', 'no_target',
    'conflicting', 'undecidable')),
  margin numeric,
  margin_up numeric,
  margin_down numeric,
  needed numeric,
  is_estimate boolean not null,
  is_approximate boolean not null,
  is_illustrative boolean not null,
  explanation text not null,
  components jsonb not null,
  rule_version text not null,
  observation_id bigint references core.observation,
  content_sha256 text not null,
  foreign key (plan_code, indicator_code) references core.indicator,
  foreign key (plan_code, period) references core.period
);
create index on core.indicator_status (plan_code, period, indicator_code, indicator_status_id desc);

-- Editions: frozen; the figures of one are those known at as_of ------------------------------------------------------

create table core.edition (
  edition_id bigint generated always as identity primary key,
  plan_code text not null references core.plan,
  period text not null,
  edition integer not null check (edition >= 1),
  as_of timestamptz not null,
  approved_by text not null,
  approved_at timestamptz not null,
  manifest_sha256 text not null,
  manifest jsonb not null,
  unique (plan_code, period, edition),
  foreign key (plan_code, period) references core.period
);

-- Extensions and exemptions: append-only, the last word on a body and period counts ----------------------------------

create table core.extension (
  extension_id bigint generated always as identity primary key,
  plan_code text not null,
  agency_code text not null,
  obligation text not null,
  period text not null,
  kind text not null check (kind in ('extended', 'exempt', 'nothing_to_report', 'revoked')),
  due_at timestamptz,
  letter_no text not null check (letter_no <> ''),
  letter_on date not null,
  note text not null,
  recorded_at timestamptz not null,
  recorded_by text not null check (recorded_by <> ''),
  check ((kind = 'extended') = (due_at is not null)),
  foreign key (plan_code, agency_code) references core.agency,
  foreign key (plan_code, obligation, period) references core.obligation
);
create index on core.extension (plan_code, obligation, period, agency_code, extension_id desc);

-- Documents that answer an obligation as they stand (implementation plans): the file is in the ledger ----------------

create table intake.obligation_document (
  document_id bigint generated always as identity primary key,
  file_id bigint not null unique references intake.submission_file,
  plan_code text not null,
  agency_code text not null,
  obligation text not null,
  period text not null,
  received_at timestamptz not null,
  recorded_at timestamptz not null,
  recorded_by text not null check (recorded_by <> ''),
  note text not null,
  foreign key (plan_code, agency_code) references core.agency,
  foreign key (plan_code, obligation, period) references core.obligation
);
create index on intake.obligation_document (plan_code, obligation, period, agency_code);

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

-- Reminders: what was said to or about a body on which occasion ----------------------------------------------------------

create table core.reminder (
  reminder_id bigint generated always as identity primary key,
  plan_code text not null,
  agency_code text not null,
  obligation text not null,
  period text not null,
  occasion text not null check (occasion ~ '^(before-[1-9][0-9]*|overdue|head_of_unit|deputy_director|meeting_list)$'),
  due_at timestamptz not null,
  occasion_at timestamptz not null,
  recorded_at timestamptz not null,
  path text not null check (path <> ''),
  to_address text not null,
  -- A body is told of an occasion once, however often the run is repeated. A new due day has occasions of its own.
  unique (plan_code, obligation, period, agency_code, occasion, due_at),
  foreign key (plan_code, agency_code) references core.agency,
  foreign key (plan_code, obligation, period) references core.obligation
);
comment on table core.reminder is
  'One row per body and occasion told. path: the notice below the home folder; to_address: whom it was mailed to, empty where nobody was';

-- Mail: every message that came, where it lies, what was in it; and every message that goes out -----------------------

create table intake.mail_message (
  mail_id bigint generated always as identity primary key,
  mailbox text not null,
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes bigint not null check (size_bytes >= 0),
  internal_at timestamptz not null,
  is_whole boolean not null,
  entered_at timestamptz not null,
  read_at timestamptz,
  kind text check (kind in (
    'submission', 'no_attachment', 'stranger', 'automatic', 'own', 'bounce', 'unreadable', 'too_large')),
  reason text,
  sender text,
  agency_code text,
  subject text,
  message_id text,
  thread_references text,
  authentication text,
  is_answered boolean,
  moved_to text check (moved_to in ('Processed', 'Attention')),
  moved_at timestamptz,
  -- Its number in the mailbox may change, what it is and when it came does not.
  unique (mailbox, sha256, internal_at),
  check ((read_at is null) = (kind is null)),
  check ((read_at is null) = (is_answered is null)),
  check ((moved_at is null) = (moved_to is null))
);
create index on intake.mail_message (mailbox) where moved_at is null;
comment on table intake.mail_message is 'One row per message ever seen in a mailbox; its bytes are in the archive';

create table intake.mail_place (
  mailbox text not null,
  uid_validity bigint not null,
  uid bigint not null,
  mail_id bigint not null references intake.mail_message,
  primary key (mailbox, uid_validity, uid)
);
comment on table intake.mail_place is 'Under which numbers of the inbox a message was seen';

create table intake.mail_part (
  mail_id bigint not null references intake.mail_message,
  part text not null,
  claim_id text unique,
  name text not null,
  content_type text not null,
  size_bytes bigint not null check (size_bytes >= 0),
  fate text not null check (fate in ('landed', 'inline_image', 'signature', 'not_taken', 'unreadable')),
  primary key (mail_id, part),
  check ((fate = 'landed') = (claim_id is not null))
);
comment on table intake.mail_part is 'What a message carried beside its text; landed parts are files of the ledger';

create table intake.outgoing_mail (
  outgoing_id bigint generated always as identity primary key,
  message_id text not null unique,
  kind text not null,
  about text not null,
  to_address text not null,
  subject text not null,
  in_reply_to text not null,
  thread_references text not null,
  text_body text not null,
  html_body text not null,
  attachments text[] not null,
  created_at timestamptz not null,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  last_error text not null default '',
  sent_at timestamptz,
  given_up_at timestamptz,
  bounced_by bigint references intake.mail_message,
  -- A reminder that is no longer true when it could be sent is not sent
  is_withdrawn boolean not null default false,
  -- When operations were told that it could not be delivered
  told_at timestamptz,
  unique (kind, about, to_address),
  check (sent_at is null or given_up_at is null)
);
create index on intake.outgoing_mail (next_attempt_at) where sent_at is null and given_up_at is null;
create index on intake.outgoing_mail (to_address, sent_at);
create index on intake.outgoing_mail (outgoing_id)
  where told_at is null and not is_withdrawn and (given_up_at is not null or bounced_by is not null);
comment on table intake.outgoing_mail is 'Mail to be sent and mail sent; kind and about say why, so that nothing is said twice';
-- The mail of ours that a report about undeliverable mail concerns
alter table intake.mail_message add column bounce_of bigint references intake.outgoing_mail;

-- Nothing that was learnt is changed afterwards ---------------------------------------------------------------------

create function core.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%.% is append-only', tg_table_schema, tg_table_name;
end
$$;

create trigger append_only before update or delete or truncate on core.observation
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on core.task_progress
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on core.indicator_status
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on core.edition
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on core.edition_delivery
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on core.correction_request
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on core.extension
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on core.reminder
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on intake.submission
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on intake.finding
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on intake.obligation_document
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on intake.audit
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on intake.mail_part
  for each statement execute function core.refuse_change();
create trigger no_delete before delete or truncate on intake.submission_file
  for each statement execute function core.refuse_change();
create trigger no_delete before delete or truncate on intake.mail_message
  for each statement execute function core.refuse_change();
create trigger no_delete before delete or truncate on intake.outgoing_mail
  for each statement execute function core.refuse_change();

-- A file is settled once
create function intake.refuse_second_fate() returns trigger language plpgsql as $$
begin
  if old.state is not null then
    raise exception 'file % is already settled as %', old.receipt_no, old.state;
  end if;
  return new;
end
$$;
create trigger one_fate before update on intake.submission_file
  for each row execute function intake.refuse_second_fate();

-- Rights: the loader reads everything and writes what it must; the reader sees mart -----------------------------------

grant usage on schema intake, core, mart to tiendo_loader;
grant usage on schema mart to tiendo_reader;
grant select on all tables in schema intake, core to tiendo_loader;
grant insert on core.observation, core.task_progress, core.indicator_status, core.edition, core.edition_delivery,
  core.correction_request, core.extension, core.reminder, intake.scan, intake.submission_file, intake.finding,
  intake.submission, intake.obligation_document, intake.audit, intake.mail_message, intake.mail_place, intake.mail_part,
  intake.outgoing_mail to tiendo_loader;
grant insert, update on core.plan, core.agency, core.indicator, core.reporter, core.task, core.task_lead, core.period,
  core.obligation, intake.delivery to tiendo_loader;
grant insert, update, delete on intake.left_alone to tiendo_loader;
grant update (state, settled_at, plan_code, agency_code, period, duplicate_of, receipt_path, marked_path)
  on intake.submission_file to tiendo_loader;
grant update (read_at, kind, reason, sender, agency_code, subject, message_id, thread_references, authentication,
  is_answered, moved_to, moved_at, bounce_of) on intake.mail_message to tiendo_loader;
grant update (attempts, next_attempt_at, last_error, sent_at, given_up_at, bounced_by, is_withdrawn, told_at)
  on intake.outgoing_mail to tiendo_loader;
