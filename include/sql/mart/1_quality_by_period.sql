-- How complete and sound what is known of each period is
create or replace view mart.quality_by_period as
  select q.plan_code, q.period, q.body_count, q.received_body_count, q.on_time_body_count, q.owed_count, q.answered_count,
    round(100.0 * q.answered_count / nullif(q.owed_count, 0), 1) as completeness_pct, q.last_received_at,
    q.indicator_count, q.figure_count, q.estimate_count,
    round(100.0 * q.estimate_count / nullif(q.figure_count, 0), 1) as estimate_pct, q.approximate_count,
    q.illustrative_count, q.last_graded_at, e.edition as last_edition, e.published_at as last_published_at,
    q.plan_code || '/' || q.period as period_key
  from core.period_quality q
  left join (
    select distinct on (n.plan_code, n.period) n.plan_code, n.period, n.edition, n.published_at
    from core.edition n order by n.plan_code, n.period, n.edition desc
  ) e on e.plan_code = q.plan_code and e.period = q.period;

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
comment on column mart.quality_by_period.last_received_at is 'When the last body''s first report came; null for none.';
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
