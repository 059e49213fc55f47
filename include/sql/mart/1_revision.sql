-- Figures that took another's place
create or replace view mart.revision as
  select o.observation_id, o.plan_code, o.period, o.indicator_code, o.agency_code, o.basis, o.revision,
    b.observation_id as previous_observation_id, b.value as previous_value, o.value, o.value - b.value as change,
    round(100 * (o.value - b.value) / nullif(abs(b.value), 0), 2) as change_pct, o.is_correction, o.is_current,
    b.received_at as previous_received_at, o.received_at,
    round((extract(epoch from o.received_at - b.received_at) / 86400)::numeric, 2) as delay_days, o.explanation,
    o.plan_code || '/' || o.indicator_code as indicator_key, o.plan_code || '/' || o.agency_code as agency_key,
    o.plan_code || '/' || o.period as period_key
  from core.observation o
  join core.observation b on b.plan_code = o.plan_code and b.agency_code = o.agency_code
    and b.indicator_code = o.indicator_code and b.period = o.period and b.basis = o.basis and b.revision = o.revision - 1
  where o.revision > 1;

grant select on mart.revision to tiendo_reader, tiendo_loader;

comment on view mart.revision is
  'Figures that took another one''s place, with both values. One row per figure but the first, for an indicator, body, period and basis.';
comment on column mart.revision.observation_id is 'The figure, in observation_history.';
comment on column mart.revision.plan_code is 'The plan.';
comment on column mart.revision.period is 'The period the figure is for.';
comment on column mart.revision.indicator_code is 'The indicator.';
comment on column mart.revision.agency_code is 'The body that reported it.';
comment on column mart.revision.basis is 'quarter (the period alone, whatever its length) or year_to_date.';
comment on column mart.revision.revision is '2 for the first that took another''s place, counting up.';
comment on column mart.revision.previous_observation_id is 'The figure whose place it took.';
comment on column mart.revision.previous_value is 'Its value, in the indicator''s unit; null where it had none.';
comment on column mart.revision.value is 'The value now, in the indicator''s unit; null where it has none.';
comment on column mart.revision.change is
  'By how much it differs, in the indicator''s unit; 0 where the same was sent again; null where either has no value.';
comment on column mart.revision.change_pct is 'The same in percent of what it was; null where that is not defined.';
comment on column mart.revision.is_correction is 'Whether it came as a correction of an earlier period.';
comment on column mart.revision.is_current is 'Whether it counts.';
comment on column mart.revision.previous_received_at is 'When the one before came.';
comment on column mart.revision.received_at is 'When it came.';
comment on column mart.revision.delay_days is 'Days from the one to the other.';
comment on column mart.revision.explanation is 'The sender''s reason.';
comment on column mart.revision.indicator_key is 'Key of the indicator in one column, as in indicator.';
comment on column mart.revision.agency_key is 'Key of the body in one column, as in agency.';
comment on column mart.revision.period_key is 'Key of the period in one column, as in period.';
