-- Relations of this database that are not the server's own, and sessions of others in it
select
  (
    select count(*) from pg_class
    where relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
      and relkind in ('r', 'p', 'v', 'm', 'S', 'f') and relpersistence <> 't'
  ) as relations,
  (
    select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
  ) as sessions,
  (select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()) as comment,
  current_setting('server_version_num')::integer as server_version
