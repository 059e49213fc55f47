-- Stores a body of the register
insert into core.agency (
  plan_code, agency_code, name, short_name, kind, is_obliged, row_order)
values (
  :plan_code, :agency_code, :name, :short_name, :kind, :is_obliged, :row_order)
on conflict (plan_code, agency_code) do update set
  name = excluded.name, short_name = excluded.short_name, kind = excluded.kind,
  is_obliged = excluded.is_obliged, row_order = excluded.row_order
