-- Schemas, roles, tables. Instants are timestamptz; periods are text like 2023-Q1; values are exact decimals.
-- The register (core.plan ... core.period) is copied from include/plans/ and may be refreshed; figures are append-only.

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
  channel text not null check (channel in ('folder', 'mail', 'command')),
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
  check ((state is null) = (settled_at is null))
);
create index on intake.submission_file (sha256);
create index on intake.submission_file (file_id) where state is null;

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
create trigger append_only before update or delete or truncate on intake.submission
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on intake.finding
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
create trigger no_delete before delete or truncate on intake.submission_file
  for each statement execute function core.refuse_change();

-- Rights -------------------------------------------------------------------------------------------------------------

grant usage on schema intake, core, mart to tiendo_loader;
grant select on all tables in schema intake, core to tiendo_loader;
grant insert on intake.scan, intake.submission_file, intake.finding, intake.submission, core.observation,
  core.task_progress, core.indicator_status, core.edition to tiendo_loader;
grant update (state, settled_at, plan_code, agency_code, period, duplicate_of, receipt_path)
  on intake.submission_file to tiendo_loader;
grant insert, update on core.plan, core.agency, core.indicator, core.reporter, core.task, core.task_lead, core.period
  to tiendo_loader;
grant usage on schema mart to tiendo_reader;
