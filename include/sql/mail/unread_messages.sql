-- Messages of a mailbox that nobody has looked into yet
select mail_id, sha256, size_bytes, internal_at, is_whole
from intake.mail_message
where mailbox = :mailbox and read_at is null
order by mail_id
