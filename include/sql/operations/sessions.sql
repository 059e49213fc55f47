-- What every session of this database begins with, analysts' above all: the province's time, and an end to each statement
-- and to a transaction that is left open, so that nobody who reads holds up who writes. Our own sessions set their own.
-- Nobody but the owner makes temporary tables
do $$
declare
  entry text;
begin
  foreach entry in array
    '{TimeZone=Asia/Ho_Chi_Minh,statement_timeout=60s,idle_in_transaction_session_timeout=5min}'::text[]
  loop
    -- What somebody has set otherwise stays
    if not exists (
      select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase, unnest(s.setconfig) as c (setting)
      where d.datname = current_database() and s.setrole = 0
        and split_part(c.setting, '=', 1) = split_part(entry, '=', 1))
    then
      execute format('alter database %I set %s to %L', current_database(), split_part(entry, '=', 1),
        split_part(entry, '=', 2));
    end if;
  end loop;
  -- Who may make types and tables of his own in passing could give their names to what a function of ours asks for
  if has_database_privilege('public', current_database(), 'temporary') then
    execute format('revoke temporary on database %I from public', current_database());
  end if;
end
$$;
