-- The bodies that a plan names
create or replace view mart.agency as
  select plan_code, agency_code, plan_code || '/' || agency_code as agency_key, name, short_name, kind, is_obliged, row_order
  from core.agency;

grant select on mart.agency to tiendo_reader, tiendo_loader;

comment on view mart.agency is
  'The bodies that a plan names, whoever ever did. One row per plan and body.';
comment on column mart.agency.plan_code is 'The plan.';
comment on column mart.agency.agency_code is 'The body.';
comment on column mart.agency.agency_key is 'Key in one column, for tools that join by one: plan_code/agency_code.';
comment on column mart.agency.name is 'Its name.';
comment on column mart.agency.short_name is 'Its name in short.';
comment on column mart.agency.kind is 'Kind of body, as the register has it: department, district and so on.';
comment on column mart.agency.is_obliged is 'Whether it owes the regular report, by the register in force.';
comment on column mart.agency.row_order is 'Printed order in the register.';
