-- How much and how late the figures of each indicator are revised
create or replace view mart.revision_by_indicator as
  select r.plan_code, r.indicator_code, r.basis, count(*)::integer as revision_count,
    count(distinct r.period)::integer as revised_period_count, round(avg(abs(r.change_pct)), 2) as change_pct_avg,
    max(abs(r.change_pct)) as change_pct_max, round(avg(r.delay_days), 2) as delay_days_avg,
    max(r.delay_days) as delay_days_max, r.plan_code || '/' || r.indicator_code as indicator_key
  from mart.revision r
  where r.change <> 0
  group by r.plan_code, r.indicator_code, r.basis;

grant select on mart.revision_by_indicator to tiendo_reader, tiendo_loader;

comment on view mart.revision_by_indicator is
  'How much and how late the figures of each indicator are revised: only revisions that changed the value count. One row per plan, indicator and basis with such a revision.';
comment on column mart.revision_by_indicator.plan_code is 'The plan.';
comment on column mart.revision_by_indicator.indicator_code is 'The indicator.';
comment on column mart.revision_by_indicator.basis is 'quarter (the period alone, whatever its length) or year_to_date.';
comment on column mart.revision_by_indicator.revision_count is 'Revisions that changed a value.';
comment on column mart.revision_by_indicator.revised_period_count is 'Periods with such a revision.';
comment on column mart.revision_by_indicator.change_pct_avg is
  'Their size on average, in percent of what was, whatever the sign; null where it is not defined.';
comment on column mart.revision_by_indicator.change_pct_max is 'The largest; null where it is not defined.';
comment on column mart.revision_by_indicator.delay_days_avg is
  'Days from the figure before to its revision, on average.';
comment on column mart.revision_by_indicator.delay_days_max is 'The most.';
comment on column mart.revision_by_indicator.indicator_key is 'Key of the indicator in one column, as in indicator.';
