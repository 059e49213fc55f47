-- Every column of the public contract with its type and comment
select c.relname as relation, obj_description(c.oid) as relation_comment, a.attname as column_name,
  format_type(a.atttypid, a.atttypmod) as type, col_description(c.oid, a.attnum) as comment
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = 'mart' and c.relkind in ('v', 'r', 'm')
order by c.relname, a.attnum
