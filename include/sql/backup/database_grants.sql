-- What others than its owner may do with this database as a whole; a dump of it does not say
select granted.grantee::regrole::text as role, granted.privilege_type as privilege
from pg_database, aclexplode(datacl) as granted
where datname = current_database() and granted.grantee not in (0, datdba)
order by 1, 2
