-- What every session of this database begins with, analysts' above all: the province's time, and an end to each statement
-- and to a transaction that is left open, so that nobody who reads holds up who writes. Our own sessions set their own
do $$
declare
  wanted constant text[] := '{TimeZone=Asia/Ho_Chi_Minh,statement_timeout=60s,idle_in_transaction_session_timeout=5min}';
  entry text;
begin
  if not exists (
    select from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase
    where d.datname = current_database() and s.setrole = 0 and s.setconfig @> wanted)
  then
    foreach entry in array wanted loop
      execute format('alter database %I set %s to %L', current_database(), split_part(entry, '=', 1),
        split_part(entry, '=', 2));
    end loop;
  end if;
end
$$;
