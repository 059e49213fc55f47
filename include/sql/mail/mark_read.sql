-- Notes what messages were found to be when they were read
update intake.mail_message m
set read_at = :read_at, kind = n.kind, reason = n.reason, sender = n.sender, agency_code = n.agency_code,
  subject = n.subject, message_id = n.message_id, thread_references = n.thread_references,
  authentication = n.authentication, is_answered = n.is_answered
from unnest(
  cast(:mail_ids as bigint[]), cast(:kinds as text[]), cast(:reasons as text[]), cast(:senders as text[]),
  cast(:agencies as text[]), cast(:subjects as text[]), cast(:message_ids as text[]), cast(:references as text[]),
  cast(:authentications as text[]), cast(:answered as boolean[])
) as n (mail_id, kind, reason, sender, agency_code, subject, message_id, thread_references, authentication, is_answered)
where m.mail_id = n.mail_id and m.read_at is null
