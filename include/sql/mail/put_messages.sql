-- Enters messages, in order; one that is known (the same bytes received at the same instant) only gets its new number
with new as (
  select * from unnest(
    cast(:uids as bigint[]), cast(:hashes as text[]), cast(:sizes as bigint[]), cast(:instants as timestamptz[]),
    cast(:whole as boolean[])
  ) with ordinality as n (uid, sha256, size_bytes, internal_at, is_whole, place)
), entered as (
  insert into intake.mail_message (mailbox, sha256, size_bytes, internal_at, is_whole, entered_at)
  select :mailbox, sha256, size_bytes, internal_at, is_whole, :entered_at from new order by place
  on conflict (mailbox, sha256, internal_at) do nothing
  returning mail_id, sha256, internal_at
), known as (
  select mail_id, sha256, internal_at from entered
  union all
  select m.mail_id, m.sha256, m.internal_at
  from intake.mail_message m
  where m.mailbox = :mailbox and m.sha256 = any(cast(:hashes as text[]))
)
insert into intake.mail_place (mailbox, uid_validity, uid, mail_id)
select :mailbox, :uid_validity, n.uid, k.mail_id
from new n join known k on k.sha256 = n.sha256 and k.internal_at = n.internal_at
on conflict do nothing
