-- Registers are kept: every one that ever graded something by its hash, and what was in force for each period since when.

create table core.register (
  register_sha256 text primary key check (register_sha256 ~ '^[0-9a-f]{64}$'),
  plan_code text not null references core.plan,
  -- Its files by name, as text: they are UTF-8
  files jsonb not null,
  stored_at timestamptz not null
);

-- What grades, is owed and is printed by a register in force. Registers that differ in nothing but amendments of other
-- periods share one; the tables below hold it, one row as core.agency ... core.task_lead have it
create table core.version (
  version_id bigint generated always as identity primary key,
  plan_code text not null references core.plan,
  version_sha256 text not null,
  unique (plan_code, version_sha256)
);
create table core.version_agency (
  version_id bigint not null references core.version,
  agency_code text not null,
  name text not null,
  is_obliged boolean not null,
  row_order integer not null,
  primary key (version_id, agency_code)
);
create table core.version_indicator (
  version_id bigint not null references core.version,
  indicator_code text not null,
  row_order integer not null,
  row_kind text not null,
  section_no text not null,
  section_title text not null,
  label text not null,
  unit text not null,
  target_text text not null,
  comparator text not null,
  target_low numeric,
  target_high numeric,
  direction text not null,
  nature text not null,
  published_in integer[] not null,
  primary key (version_id, indicator_code)
);
create table core.version_reporter (
  version_id bigint not null,
  indicator_code text not null,
  agency_code text not null,
  precedence integer not null,
  primary key (version_id, indicator_code, agency_code),
  foreign key (version_id, indicator_code) references core.version_indicator,
  foreign key (version_id, agency_code) references core.version_agency
);
create table core.version_task (
  version_id bigint not null references core.version,
  task_ref text not null,
  row_order integer not null,
  section_ref text not null,
  section_title text not null,
  title text not null,
  is_collective boolean not null,
  due_on date,
  primary key (version_id, task_ref)
);
create table core.version_task_lead (
  version_id bigint not null,
  task_ref text not null,
  agency_code text not null,
  primary key (version_id, task_ref, agency_code),
  foreign key (version_id, task_ref) references core.version_task,
  foreign key (version_id, agency_code) references core.version_agency
);

-- Since when a period (a year, for what is owed once a year) follows which version, and the register that said so.
-- A plan's first register holds since ever: a year may be replayed that lies before it was stored
create table core.in_force (
  in_force_id bigint generated always as identity primary key,
  plan_code text not null references core.plan,
  period text not null,
  version_id bigint not null references core.version,
  register_sha256 text not null,
  -- Hash of the period's days, which its editions print: other days, too, are told by another register
  days_sha256 text not null,
  stored_at timestamptz not null
);
create index on core.in_force (plan_code, period, in_force_id desc);

create function core.in_force_at(instant timestamptz)
returns table (plan_code text, period text, version_id bigint, register_sha256 text)
language sql stable as $$
  select distinct on (f.plan_code, f.period) f.plan_code, f.period, f.version_id, f.register_sha256
  from core.in_force f
  where f.stored_at <= instant
  order by f.plan_code, f.period, f.in_force_id desc
$$;
comment on function core.in_force_at(timestamptz) is
  'The version of the register that held at an instant: one row per plan and period.';

-- What the warehouse had of a register that was not kept yet. Its hash as a version is given once it is stored again
insert into core.version (plan_code, version_sha256)
  select plan_code, 'register ' || register_sha256 from core.plan;
insert into core.version_agency
  select v.version_id, g.agency_code, g.name, g.is_obliged, g.row_order
  from core.version v join core.agency g using (plan_code);
insert into core.version_indicator
  select v.version_id, i.indicator_code, i.row_order, i.row_kind, i.section_no, i.section_title, i.label, i.unit,
    i.target_text, i.comparator, i.target_low, i.target_high, i.direction, i.nature, i.published_in
  from core.version v join core.indicator i using (plan_code);
insert into core.version_reporter
  select v.version_id, r.indicator_code, r.agency_code, r.precedence
  from core.version v join core.reporter r using (plan_code);
insert into core.version_task
  select v.version_id, t.task_ref, t.row_order, t.section_ref, t.section_title, t.title, t.is_collective, t.due_on
  from core.version v join core.task t using (plan_code);
insert into core.version_task_lead
  select v.version_id, l.task_ref, l.agency_code from core.version v join core.task_lead l using (plan_code);
insert into core.in_force (plan_code, period, version_id, register_sha256, days_sha256, stored_at)
  select p.plan_code, o.period, v.version_id, p.register_sha256, '', '-infinity'
  from core.plan p join core.version v using (plan_code)
  join (select plan_code, period from core.period union select plan_code, period from core.obligation) o
    using (plan_code);

create function pg_temp.version_of(of_plan text) returns bigint language sql stable as $$
  select version_id from core.version where plan_code = of_plan
$$;
create function pg_temp.register_of(of_plan text) returns text language sql stable as $$
  select register_sha256 from core.plan where plan_code = of_plan
$$;
alter table core.indicator_status add column version_id bigint, add column register_sha256 text,
  -- The indicator is no longer in the plan for this period: it ends what was said before, and says nothing itself
  add column is_withdrawn boolean not null default false;
-- A change of type rewrites the rows without the trigger that keeps them as they are
alter table core.indicator_status
  alter column version_id type bigint using pg_temp.version_of(plan_code),
  alter column register_sha256 type text using pg_temp.register_of(plan_code),
  alter column version_id set not null,
  alter column register_sha256 set not null,
  add foreign key (version_id, indicator_code) references core.version_indicator;

create trigger append_only before update or delete or truncate on core.register
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on core.in_force
  for each statement execute function core.refuse_change();

grant select on core.register, core.version, core.version_agency, core.version_indicator, core.version_reporter,
  core.version_task, core.version_task_lead, core.in_force to tiendo_loader;
grant insert on core.register, core.version, core.version_agency, core.version_indicator, core.version_reporter,
  core.version_task, core.version_task_lead, core.in_force to tiendo_loader;
grant update (version_sha256) on core.version to tiendo_loader;
