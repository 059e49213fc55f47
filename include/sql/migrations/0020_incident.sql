-- What is red or dead, and what operations were told of it: told once, and once when it is well again.

-- What a task could not reach, from its first failure to its next success; whoever looks makes an incident of it
create table intake.outage (
  subject text primary key check (subject <> ''),
  since timestamptz not null,
  detail text not null
);

create table intake.incident (
  incident_id bigint generated always as identity primary key,
  -- A kind and, after a space, which one: 'component scheduler'
  subject text not null check (subject <> ''),
  since timestamptz not null,
  detail text not null,
  -- When a mail about it was queued, in the same transaction; null while it is too new, or there is nobody to tell
  told_at timestamptz,
  -- Since when it has been well; null while it is not
  well_since timestamptz,
  closed_at timestamptz check (closed_at is null or well_since is not null)
);
create unique index on intake.incident (subject) where closed_at is null;
create trigger no_delete before delete or truncate on intake.incident
  for each statement execute function core.refuse_change();

grant select, insert, update, delete on intake.outage to tiendo_loader;
grant select, insert, update (detail, told_at, well_since, closed_at) on intake.incident to tiendo_loader;
