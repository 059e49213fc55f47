-- Reminders: what was said to or about a body on which occasion; mail withdrawn in time; mail that could not be delivered.

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
create trigger append_only before update or delete or truncate on core.reminder
  for each statement execute function core.refuse_change();
grant select, insert on core.reminder to tiendo_loader;

-- A reminder that is no longer true when it could be sent is not sent
alter table intake.outgoing_mail add column is_withdrawn boolean not null default false;
-- When operations were told that it could not be delivered
alter table intake.outgoing_mail add column told_at timestamptz;
-- The mail of ours that a report about undeliverable mail concerns
alter table intake.mail_message add column bounce_of bigint references intake.outgoing_mail;
grant update (is_withdrawn, told_at) on intake.outgoing_mail to tiendo_loader;
grant update (bounce_of) on intake.mail_message to tiendo_loader;

update intake.mail_message m set bounce_of = o.outgoing_id from intake.outgoing_mail o where o.bounced_by = m.mail_id;
-- Operations know of these already
update intake.outgoing_mail set told_at = now() where given_up_at is not null or bounced_by is not null;
create index on intake.outgoing_mail (outgoing_id)
  where told_at is null and not is_withdrawn and (given_up_at is not null or bounced_by is not null);
