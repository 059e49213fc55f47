-- What lies in the inboxes and is not taken, and why
select channel, path, reason, size_bytes as size, first_seen_at, last_seen_at
from intake.left_alone
order by channel, path
