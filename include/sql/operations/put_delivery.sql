-- Notes an answer that was put on the share
insert into intake.delivery (path, size_bytes, modified_ns, delivered_at)
values (:path, :size_bytes, :modified_ns, :delivered_at)
on conflict (path) do update
set size_bytes = excluded.size_bytes, modified_ns = excluded.modified_ns, delivered_at = excluded.delivered_at
