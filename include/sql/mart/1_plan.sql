-- The plans in hand
create or replace view mart.plan as
  select plan_code, title, province, year, last_year, rule_version, register_sha256, loaded_at
  from core.plan;

grant select on mart.plan to tiendo_reader, tiendo_loader;

comment on view mart.plan is
  'The plans in hand. One row per plan.';
comment on column mart.plan.plan_code is 'The plan, such as 282-kh-ubnd-2023.';
comment on column mart.plan.title is 'Title of the plan.';
comment on column mart.plan.province is 'The province.';
comment on column mart.plan.year is 'Its year, or its first.';
comment on column mart.plan.last_year is 'Its last year; the same for a plan of one year.';
comment on column mart.plan.rule_version is 'Version of the grading rules.';
comment on column mart.plan.register_sha256 is
  'SHA-256 of the register that is in force: targets, bodies, tasks, calendar.';
comment on column mart.plan.loaded_at is 'When that register was stored.';
