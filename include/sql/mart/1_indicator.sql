-- The indicators of a plan
create or replace view mart.indicator as
  select plan_code, indicator_code, plan_code || '/' || indicator_code as indicator_key, label as indicator_name,
    name as printed_name, printed_no, section_no, section_title, row_kind, unit_code, unit, nature, direction, published_in,
    row_order
  from core.indicator;

grant select on mart.indicator to tiendo_reader, tiendo_loader;

comment on view mart.indicator is
  'The indicators that a plan has or had, by the register in force; targets by period are in indicator_target. One row per plan and indicator.';
comment on column mart.indicator.plan_code is 'The plan.';
comment on column mart.indicator.indicator_code is 'Our own stable code, the same in every period.';
comment on column mart.indicator.indicator_key is
  'Key in one column, for tools that join by one: plan_code/indicator_code.';
comment on column mart.indicator.indicator_name is 'Name, misprints of the plan mended.';
comment on column mart.indicator.printed_name is 'Name exactly as printed, misprints and all.';
comment on column mart.indicator.printed_no is 'Number as printed; 18 and 19 occur twice.';
comment on column mart.indicator.section_no is 'Number of its section.';
comment on column mart.indicator.section_title is 'Heading of its section.';
comment on column mart.indicator.row_kind is
  'indicator, sub_indicator, group (a heading, never graded) or body_target (of the plan''s text).';
comment on column mart.indicator.unit_code is 'Code of the unit; null for a group.';
comment on column mart.indicator.unit is 'Unit of targets and figures, in words.';
comment on column mart.indicator.nature is
  'How its figures behave in the year: flow, stock, ratio, growth, index, rank, state or group.';
comment on column mart.indicator.direction is 'higher_better, lower_better, within_range or none.';
comment on column mart.indicator.published_in is 'Which of the year''s periods it has a figure in, from 1.';
comment on column mart.indicator.row_order is 'Printed order in the plan.';
