-- Roles that own or are granted something in this database, and who is in them, directly or not; without its owner and
-- superusers, who are the server's own. No password: it cannot be read by whom this is run, and is given anew.
with recursive this as (
  select oid, datdba from pg_database where datname = current_database()
),
concerned as (
  select pg_shdepend.refobjid as oid
  from pg_shdepend, this
  where pg_shdepend.refclassid = 'pg_authid'::regclass
    and (pg_shdepend.dbid = this.oid or (pg_shdepend.classid = 'pg_database'::regclass and pg_shdepend.objid = this.oid))
  union
  select membership.member from pg_auth_members as membership join concerned on concerned.oid = membership.roleid
)
select
  role.rolname as name,
  role.rolcanlogin as can_login,
  array(
    select parent.rolname::text
    from pg_auth_members as membership join pg_roles as parent on parent.oid = membership.roleid
    where membership.member = role.oid
    order by 1
  ) as member_of
from pg_roles as role, this
where (role.oid in (select oid from concerned) or :everything)
  and not role.rolsuper and role.oid <> this.datdba and role.rolname !~ '^pg_'
order by 1
