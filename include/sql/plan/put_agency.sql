-- Stores the register's bodies
insert into core.agency (
  plan_code, agency_code, name, short_name, kind, is_obliged, row_order)
select
  :plan_code, r.agency_code, r.name, r.short_name, r.kind, r.is_obliged, r.row_order
from jsonb_populate_recordset(null::core.agency, cast(:rows as jsonb)) r
on conflict (plan_code, agency_code) do update set
  name = excluded.name, short_name = excluded.short_name, kind = excluded.kind,
  is_obliged = excluded.is_obliged, row_order = excluded.row_order
