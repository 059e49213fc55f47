-- What is to be sent now, oldest first: of each kind and address only as many as this hour's share still allows
select outgoing_id, message_id, kind, to_address, subject, in_reply_to, thread_references, text_body, html_body,
  attachments, created_at, attempts, (share.place > share.left_over or share.kind = any(cast(:quiet_kinds as text[]))) as is_held
from (
  select o.*, row_number() over (partition by o.kind, o.to_address order by o.outgoing_id) as place,
    :per_hour - (
      select count(*) from intake.outgoing_mail s
      where s.kind = o.kind and s.to_address = o.to_address and s.sent_at > :hour_ago) as left_over
  from intake.outgoing_mail o
  where o.sent_at is null and o.given_up_at is null and o.next_attempt_at <= :now
) share
order by outgoing_id
