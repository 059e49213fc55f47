-- Enters what a scan found and left alone; what was there before keeps the day it was first seen
insert into intake.left_alone (channel, path, reason, size_bytes, first_seen_at, last_seen_at)
select :channel, n.path, n.reason, n.size_bytes, :seen_at, :seen_at
from unnest(cast(:paths as text[]), cast(:reasons as text[]), cast(:sizes as bigint[])) as n (path, reason, size_bytes)
on conflict (channel, path) do update
set reason = excluded.reason, size_bytes = excluded.size_bytes, last_seen_at = excluded.last_seen_at
