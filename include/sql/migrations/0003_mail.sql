-- Mail: every message that came, where it lies, what was in it; and every message that goes out.

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
  unique (kind, about, to_address),
  check (sent_at is null or given_up_at is null)
);
create index on intake.outgoing_mail (next_attempt_at) where sent_at is null and given_up_at is null;
create index on intake.outgoing_mail (to_address, sent_at);
comment on table intake.outgoing_mail is 'Mail to be sent and mail sent; kind and about say why, so that nothing is said twice';

grant select on intake.mail_message, intake.mail_place, intake.mail_part, intake.outgoing_mail to tiendo_loader;
grant insert on intake.mail_message, intake.mail_place, intake.mail_part, intake.outgoing_mail to tiendo_loader;
grant update (read_at, kind, reason, sender, agency_code, subject, message_id, thread_references, authentication,
  is_answered, moved_to, moved_at) on intake.mail_message to tiendo_loader;
grant update (attempts, next_attempt_at, last_error, sent_at, given_up_at, bounced_by)
  on intake.outgoing_mail to tiendo_loader;

create trigger no_delete before delete or truncate on intake.mail_message
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on intake.mail_part
  for each statement execute function core.refuse_change();
create trigger no_delete before delete or truncate on intake.outgoing_mail
  for each statement execute function core.refuse_change();
