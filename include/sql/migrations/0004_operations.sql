-- Operations: the channel of shared folders over the network, what lies in the inboxes without being taken, files read
-- once more, answers put back on a share, and an audit row for each act of a person.

alter table intake.submission_file drop constraint submission_file_channel_check;
alter table intake.submission_file add constraint submission_file_channel_check
  check (channel in ('folder', 'mail', 'command', 'share'));
comment on column mart.observation_history.channel is 'folder, share, mail or command.';

-- A file that is read once more is a line of its own: the first one keeps its fate
alter table intake.submission_file add column requeue_of bigint references intake.submission_file;
create index on intake.submission_file (requeue_of) where requeue_of is not null;

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

create table intake.audit (
  audit_id bigint generated always as identity primary key,
  done_at timestamptz not null,
  done_by text not null check (done_by <> ''),
  act text not null check (act in ('requeue', 'release')),
  subject text not null,
  reason text not null check (btrim(reason) <> ''),
  details jsonb not null
);
create trigger append_only before update or delete or truncate on intake.audit
  for each statement execute function core.refuse_change();

grant select on intake.left_alone, intake.delivery, intake.audit to tiendo_loader;
grant insert, update, delete on intake.left_alone to tiendo_loader;
grant insert, update on intake.delivery to tiendo_loader;
grant insert on intake.audit to tiendo_loader;
