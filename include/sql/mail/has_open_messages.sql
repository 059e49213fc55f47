-- Whether anything is left to be done about mail: messages not moved, mail not sent, or failures not told yet
select exists (select from intake.mail_message where mailbox = :mailbox and moved_at is null)
  or exists (select from intake.outgoing_mail where sent_at is null and given_up_at is null)
  or exists (
    select from intake.outgoing_mail
    where told_at is null and not is_withdrawn and (given_up_at is not null or bounced_by is not null))
