-- Every function of the public contract: its arguments, the columns it gives or else the type of its value, its comment
select p.proname as name, pg_get_function_arguments(p.oid) as arguments,
  (select string_agg(a.name, ', ' order by a.place)
    from unnest(p.proargnames, p.proargmodes) with ordinality as a (name, mode, place) where a.mode = 't') as columns,
  format_type(p.prorettype, null) as type, obj_description(p.oid, 'pg_proc') as comment
from pg_proc p
where p.pronamespace = 'mart'::regnamespace
order by p.proname, arguments
