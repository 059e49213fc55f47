-- Whether a database is a warehouse, which of the warehouse's schemas it has, and what it lacks of roles and rights.
-- Asked before anything is migrated, so it may name no table.
with ours(schema) as (values ('intake'), ('core'), ('mart')),
needed(role, schema) as (values ('tiendo_loader', 'core'), ('tiendo_reader', 'mart'))
select
  to_regclass('tiendo_schema_version') is not null as is_ours,
  array(select schema from ours where to_regnamespace(schema) is not null) as schemas,
  array(
    select case
      when pg_roles.oid is null then 'role ' || role
      when not pg_has_role(pg_roles.oid, 'member') then 'membership of this login in ' || role
      else 'rights of ' || role || ' in schema ' || schema
    end
    from needed left join pg_roles on rolname = role
    where pg_roles.oid is null
      or not pg_has_role(pg_roles.oid, 'member')
      or not coalesce(has_schema_privilege(pg_roles.oid, to_regnamespace(schema)::oid, 'usage'), false)
    order by role
  ) as lacking
