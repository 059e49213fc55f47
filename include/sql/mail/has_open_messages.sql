-- Whether anything is left to be done about mail: messages not moved yet, or mail not sent yet
select exists (select from intake.mail_message where mailbox = :mailbox and moved_at is null)
  or exists (select from intake.outgoing_mail where sent_at is null and given_up_at is null)
