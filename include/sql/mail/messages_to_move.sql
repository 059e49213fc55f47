-- Messages that are done: read, their files settled, their answer sent, given up or not owed
select m.mail_id, m.kind, m.sender, m.reason, m.subject, m.internal_at, m.moved_at, m.bounce_of,
  (select count(*) from intake.mail_part p where p.mail_id = m.mail_id and p.fate = 'landed') as landed,
  case when m.kind = 'submission' and o.given_up_at is null then 'Processed' else 'Attention' end as folder,
  coalesce((
    select array_agg(l.uid) from intake.mail_place l
    where l.mail_id = m.mail_id and l.mailbox = m.mailbox and l.uid_validity = :uid_validity
      and l.uid = any(cast(:uids as bigint[]))), '{}') as uids
from intake.mail_message m
left join intake.outgoing_mail o on o.kind = 'answer' and o.about = 'mail-' || m.mail_id
where m.mailbox = :mailbox and m.read_at is not null
  and (m.moved_at is null or exists (
    select from intake.mail_place l
    where l.mail_id = m.mail_id and l.mailbox = m.mailbox and l.uid_validity = :uid_validity
      and l.uid = any(cast(:uids as bigint[]))))
  and (not m.is_answered or o.sent_at is not null or o.given_up_at is not null)
  and not exists (
    select from intake.mail_part p left join intake.submission_file f using (claim_id)
    where p.mail_id = m.mail_id and p.fate = 'landed' and f.state is null)
  and not exists (
    select from intake.submission_file f join intake.mail_part p on p.claim_id = split_part(f.claim_id, '!', 1)
    where f.state is null and p.mail_id = m.mail_id)
order by m.mail_id
