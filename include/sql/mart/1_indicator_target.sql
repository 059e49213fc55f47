-- The target of each indicator that is in force for each period
create or replace view mart.indicator_target as
  select v.plan_code, v.period, i.indicator_code, i.label as indicator_name, i.unit, i.target_text, i.comparator, i.target_low,
    i.target_high, mart.period_number(v.period) = any(i.published_in) as is_published_in_period, i.row_order,
    v.register_sha256, v.plan_code || '/' || i.indicator_code as indicator_key, v.plan_code || '/' || v.period as period_key
  from core.period p
  join core.held_version v on v.plan_code = p.plan_code and v.period = p.period
  join core.version_indicator i on i.version_id = v.version_id
  where i.row_kind <> 'group';

grant select on mart.indicator_target to tiendo_reader, tiendo_loader;

comment on view mart.indicator_target is
  'The target of each indicator in force for each period, amendments included. One row per plan, period and indicator.';
comment on column mart.indicator_target.plan_code is 'The plan.';
comment on column mart.indicator_target.period is 'The period.';
comment on column mart.indicator_target.indicator_code is 'The indicator.';
comment on column mart.indicator_target.indicator_name is 'Its name, as it is for the period.';
comment on column mart.indicator_target.unit is 'Unit of the target.';
comment on column mart.indicator_target.target_text is
  'Target exactly as the plan, or the document that amended it, prints it.';
comment on column mart.indicator_target.comparator is
  'The target as understood: ge, gt, le, lt, range, between, state or none.';
comment on column mart.indicator_target.target_low is 'Lower end, in unit; null where there is none.';
comment on column mart.indicator_target.target_high is 'Upper end, in unit; null where there is none.';
comment on column mart.indicator_target.is_published_in_period is
  'Whether the indicator has a figure in this period at all.';
comment on column mart.indicator_target.row_order is 'Printed order.';
comment on column mart.indicator_target.register_sha256 is 'SHA-256 of the register that says so.';
comment on column mart.indicator_target.indicator_key is 'Key of the indicator in one column, as in indicator.';
comment on column mart.indicator_target.period_key is 'Key of the period in one column, as in period.';
