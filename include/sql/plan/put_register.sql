-- Keeps a register's files by its hash
insert into core.register (register_sha256, plan_code, files, stored_at)
values (:register_sha256, :plan_code, cast(:files as jsonb), :now)
on conflict (register_sha256) do nothing
