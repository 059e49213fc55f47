-- Messages of a mailbox that are to be answered, whose files all have their fate, and that have no answer yet
select m.mail_id, m.kind, m.sender, m.agency_code, m.subject, m.message_id, m.thread_references, m.internal_at
from intake.mail_message m
where m.mailbox = :mailbox and m.moved_at is null and m.is_answered
  and not exists (
    select from intake.mail_part p left join intake.submission_file f using (claim_id)
    where p.mail_id = m.mail_id and p.fate = 'landed' and f.state is null)
  and not exists (
    select from intake.submission_file f join intake.mail_part p on p.claim_id = split_part(f.claim_id, '!', 1)
    where f.state is null and p.mail_id = m.mail_id)
  and not exists (
    select from intake.outgoing_mail o where o.kind = 'answer' and o.about = 'mail-' || m.mail_id)
order by m.mail_id
limit 500
