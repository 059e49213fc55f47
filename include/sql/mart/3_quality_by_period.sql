-- How complete and sound what is known of each period is
create or replace view mart.quality_by_period as
  select p.plan_code, p.period, k.body_count, k.received_body_count, k.on_time_body_count, k.owed_count, k.answered_count,
    round(100.0 * k.answered_count / nullif(k.owed_count, 0), 1) as completeness_pct, k.last_received_at,
    v.indicator_count, v.figure_count, v.estimate_count,
    round(100.0 * v.estimate_count / nullif(v.figure_count, 0), 1) as estimate_pct, v.approximate_count,
    v.illustrative_count, v.last_graded_at, e.edition as last_edition, e.published_at as last_published_at,
    p.plan_code || '/' || p.period as period_key
  from core.period p
  left join (
    select t.plan_code, t.period, (count(*) filter (where t.owed_count > 0))::integer as body_count,
      (count(*) filter (where t.owed_count > 0 and t.is_on_time is not null))::integer as received_body_count,
      (count(*) filter (where t.owed_count > 0 and t.is_on_time))::integer as on_time_body_count,
      sum(t.owed_count)::integer as owed_count, sum(t.answered_count)::integer as answered_count,
      max(t.received_at) as last_received_at
    from core.submission_tracker t where t.obligation = 'quarterly_report' group by t.plan_code, t.period
  ) k on k.plan_code = p.plan_code and k.period = p.period
  left join (
    select s.plan_code, s.period, count(*)::integer as indicator_count,
      (count(*) filter (where s.value is not null))::integer as figure_count,
      (count(*) filter (where s.value is not null and s.is_estimate))::integer as estimate_count,
      (count(*) filter (where s.is_approximate))::integer as approximate_count,
      (count(*) filter (where s.is_illustrative))::integer as illustrative_count, max(s.as_of) as last_graded_at
    from core.indicator_status s where s.replaced_at is null and not s.is_withdrawn group by s.plan_code, s.period
  ) v on v.plan_code = p.plan_code and v.period = p.period
  left join (
    select distinct on (n.plan_code, n.period) n.plan_code, n.period, n.edition, n.published_at
    from core.edition n order by n.plan_code, n.period, n.edition desc
  ) e on e.plan_code = p.plan_code and e.period = p.period;

grant select on mart.quality_by_period to tiendo_reader, tiendo_loader;

comment on view mart.quality_by_period is
  'How complete and sound what is known of each period is. One row per plan and period.';
comment on column mart.quality_by_period.plan_code is 'The plan.';
comment on column mart.quality_by_period.period is 'The period.';
comment on column mart.quality_by_period.body_count is
  'Bodies that owe something for it, without those a letter excused.';
comment on column mart.quality_by_period.received_body_count is 'Of these, bodies with an accepted report.';
comment on column mart.quality_by_period.on_time_body_count is 'Of these, in time.';
comment on column mart.quality_by_period.owed_count is 'Indicators and tasks that they owe.';
comment on column mart.quality_by_period.answered_count is 'Of these, answered by accepted content.';
comment on column mart.quality_by_period.completeness_pct is 'Share answered, in percent; null when nothing is owed.';
comment on column mart.quality_by_period.last_received_at is 'When the last bodys first report came; null for none.';
comment on column mart.quality_by_period.indicator_count is 'Indicators that have a verdict.';
comment on column mart.quality_by_period.figure_count is 'Of these, with a figure.';
comment on column mart.quality_by_period.estimate_count is 'Figures that are estimates.';
comment on column mart.quality_by_period.estimate_pct is
  'Share of estimates among the figures, in percent; null without figures.';
comment on column mart.quality_by_period.approximate_count is 'Figures that are only approximate.';
comment on column mart.quality_by_period.illustrative_count is 'Figures made up for demonstration.';
comment on column mart.quality_by_period.last_graded_at is 'When a verdict last changed.';
comment on column mart.quality_by_period.last_edition is 'Number of the last published edition; null for none.';
comment on column mart.quality_by_period.last_published_at is 'When that was published; null for none.';
comment on column mart.quality_by_period.period_key is 'Key of the period in one column, as in period.';
