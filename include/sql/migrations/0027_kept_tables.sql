-- What consumers ask most is kept in rows, brought up to date by whatever changes it: questions over the whole country.
-- include/sql/kept/ says how; here stand the columns and tables, and what calls it.

-- Derived from what stands beside it, never told by anybody: how long a version, a verdict counted, and whether a figure
-- still does. All other columns stay as they were written.
alter table intake.submission add column replaced_at timestamptz;
alter table core.observation
  add column revision integer not null default 1,
  add column is_current boolean not null default true;
alter table core.indicator_status
  add column replaced_at timestamptz,
  add column previous_period text,
  add column previous_value numeric,
  add column previous_status text,
  add column trend text check (trend in ('better', 'same', 'worse'));

do $$
declare guarded record;
begin
  for guarded in
    select a.attrelid::regclass as name, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as facts
    from (values
      ('intake.submission'::regclass, '{replaced_at}'::name[]), ('core.observation', '{revision,is_current}'),
      ('core.indicator_status', '{replaced_at,previous_period,previous_value,previous_status,trend}')
    ) t (relation, derived)
    join pg_attribute a on a.attrelid = t.relation and a.attnum > 0 and not a.attisdropped and a.attname <> all(t.derived)
    group by a.attrelid
  loop
    execute format('drop trigger append_only on %s', guarded.name);
    execute format(
      'create trigger append_only before update of %s or delete or truncate on %s
        for each statement execute function core.refuse_change()', guarded.facts, guarded.name);
  end loop;
end
$$;

-- The version of the register that holds for a period now
create table core.held_version (
  plan_code text not null,
  period text not null,
  version_id bigint not null references core.version,
  register_sha256 text not null,
  primary key (plan_code, period)
);
-- Each task with each body that leads it in a period, or has told something of it; null where nothing that counts is told
create table core.owed_task (
  plan_code text not null,
  period text not null,
  task_ref text not null,
  agency_code text not null,
  version_id bigint not null,
  is_owed boolean not null,
  -- not_reported where nothing that counts is told
  state text not null,
  task_progress_id bigint,
  primary key (plan_code, period, task_ref, agency_code),
  foreign key (plan_code, period) references core.period,
  foreign key (version_id, task_ref) references core.version_task
);
create table core.submission_tracker (
  plan_code text not null,
  obligation text not null,
  period text not null,
  agency_code text not null,
  agency_name text not null,
  row_order integer not null,
  state text not null,
  received_at timestamptz,
  due_at timestamptz not null,
  is_on_time boolean,
  days_late integer,
  version integer,
  finding_count integer not null,
  receipt_no text,
  general_due_at timestamptz not null,
  extended_until date,
  letter_no text,
  letter_on date,
  rejected_at timestamptz,
  owed_count integer not null,
  answered_count integer not null,
  completeness_pct numeric,
  correction_asked_at timestamptz,
  primary key (plan_code, obligation, period, agency_code),
  foreign key (plan_code, obligation, period) references core.obligation,
  foreign key (plan_code, agency_code) references core.agency
);
create table core.status_rollup (
  plan_code text not null,
  period text not null,
  subject text not null,
  grouping_kind text not null,
  group_code text not null,
  group_name text not null,
  group_order integer not null,
  status text not null,
  item_count integer not null,
  group_count integer not null,
  primary key (plan_code, period, subject, grouping_kind, group_code, status),
  foreign key (plan_code, period) references core.period
);
create table core.agency_mistake (
  plan_code text not null references core.plan,
  agency_code text not null,
  rule text not null,
  severity text not null,
  file_count integer not null,
  finding_count integer not null,
  last_received_at timestamptz not null,
  primary key (plan_code, agency_code, rule, severity)
);
create table core.period_quality (
  plan_code text not null,
  period text not null,
  body_count integer not null,
  received_body_count integer not null,
  on_time_body_count integer not null,
  owed_count integer not null,
  answered_count integer not null,
  last_received_at timestamptz,
  indicator_count integer not null,
  figure_count integer not null,
  estimate_count integer not null,
  approximate_count integer not null,
  illustrative_count integer not null,
  last_graded_at timestamptz,
  primary key (plan_code, period),
  foreign key (plan_code, period) references core.period
);
-- What codes are called: include/mart/code_labels.csv
create table core.code_label (
  code_list text not null,
  code text not null,
  row_order integer not null,
  label_vi text not null,
  label_en text not null,
  primary key (code_list, code)
);
grant select on core.code_label, core.period_quality, core.held_version, core.owed_task, core.submission_tracker, core.status_rollup, core.agency_mistake to tiendo_loader;

create index on core.observation (indicator_code, period) where is_current;
create index on core.observation (observation_id) where revision > 1;
create index on core.indicator_status (plan_code, period, indicator_code) where replaced_at is null;
create index on core.indicator_status (indicator_code, period);
create index on intake.scan (channel, completed_at);
create index on intake.finding (rule);
create index on intake.submission_file (channel, received_at);
create index on intake.submission_file (channel, settled_at);
create index on core.owed_task (period, state);

-- What the transaction at hand has made stale: emptied before it ends, so that no row is ever seen by another
create unlogged table core.stale (
  transaction xid8 not null default pg_current_xact_id(),
  plan_code text not null,
  -- null: of the plan as a whole
  period text,
  -- null: nothing of a single body
  agency_code text
);

-- Once for each of a plan, period and body, however many statements change it
create function core.add_stale(of_plan_code text, of_period text, body text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into core.stale (plan_code, period, agency_code)
  select of_plan_code, of_period, body
  where of_plan_code is not null and not exists (
    select from core.stale s
    where s.transaction = pg_current_xact_id() and s.plan_code = of_plan_code
      and s.period is not distinct from of_period and s.agency_code is not distinct from body)
$$;
create function core.note_stale() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform core.add_stale(f.plan_code, f.period, f.agency_code)
    from (select distinct n.plan_code, n.period, n.agency_code from fresh n) f;
  return null;
end
$$;
create function core.note_stale_period() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform core.add_stale(f.plan_code, f.period, null) from (select distinct n.plan_code, n.period from fresh n) f;
  return null;
end
$$;
create function core.note_stale_plan() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform core.add_stale(p.plan_code, p.period, null) from core.period p join fresh f on f.plan_code = p.plan_code;
  return null;
end
$$;
create function core.note_stale_files() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform core.add_stale(f.plan_code, f.period, f.agency_code)
    from (
      select distinct e.plan_code, e.period, e.agency_code
      from fresh n join intake.submission_file e on e.file_id = n.file_id
    ) f;
  return null;
end
$$;
-- Verdicts are brought up to date at once: what grades goes on to read them
create function core.note_verdicts() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform core.keep_verdicts(f.plan_code, f.period, array_agg(distinct f.indicator_code))
    from fresh f group by f.plan_code, f.period order by f.plan_code, f.period;
  perform core.add_stale(f.plan_code, f.period, null) from (select distinct n.plan_code, n.period from fresh n) f;
  return null;
end
$$;
-- Once for each period, however much of it changed. Plan by plan in one order, and of a plan one transaction at a time:
-- each sees what the one before has left
create function core.freshen() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare unit record;
begin
  for unit in
    with taken as (
      delete from core.stale s where s.transaction = pg_current_xact_id() returning s.plan_code, s.period, s.agency_code
    )
    select t.plan_code, t.period, array_agg(distinct t.agency_code) filter (where t.agency_code is not null) as bodies,
      bool_or(t.agency_code is null) as is_of_all
    from taken t group by t.plan_code, t.period order by t.plan_code, t.period
  loop
    perform pg_advisory_xact_lock(hashtext('tiendo.keep'), hashtext(unit.plan_code));
    perform core.keep_period(unit.plan_code, unit.period, coalesce(unit.bodies, '{}'), unit.is_of_all);
  end loop;
  return null;
end
$$;
revoke all on function core.add_stale(text, text, text), core.note_stale(), core.note_stale_period(),
  core.note_stale_plan(), core.note_stale_files(), core.note_verdicts(), core.freshen() from public;
create constraint trigger freshen after insert on core.stale deferrable initially deferred
  for each row execute function core.freshen();

create trigger stale after insert on intake.submission_file referencing new table as fresh
  for each statement execute function core.note_stale();
create trigger stale_again after update on intake.submission_file referencing new table as fresh
  for each statement execute function core.note_stale();
create trigger stale after insert on intake.finding referencing new table as fresh
  for each statement execute function core.note_stale_files();
create trigger stale after insert on intake.submission referencing new table as fresh
  for each statement execute function core.note_stale();
create trigger stale after insert on core.observation referencing new table as fresh
  for each statement execute function core.note_stale();
create trigger stale after insert on core.task_progress referencing new table as fresh
  for each statement execute function core.note_stale();
create trigger stale after insert on intake.obligation_document referencing new table as fresh
  for each statement execute function core.note_stale();
create trigger stale after insert on core.extension referencing new table as fresh
  for each statement execute function core.note_stale();
create trigger stale after insert on core.correction_request referencing new table as fresh
  for each statement execute function core.note_stale();
create trigger stale after update on core.plan referencing new table as fresh
  for each statement execute function core.note_stale_plan();
create trigger stale after insert on core.obligation referencing new table as fresh
  for each statement execute function core.note_stale_period();
create trigger stale_again after update on core.obligation referencing new table as fresh
  for each statement execute function core.note_stale_period();
create trigger stale after insert on core.in_force referencing new table as fresh
  for each statement execute function core.note_stale_period();
create trigger stale after insert on core.indicator_status referencing new table as fresh
  for each statement execute function core.note_verdicts();
