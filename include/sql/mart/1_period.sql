-- The periods that the plans are reported by
create or replace view mart.period as
  select plan_code, period, mart.period_number(period) as number, mart.period_start(period) as first_day,
    mart.period_end(period) as last_day, cut_off_on, due_at, publish_at, closing_at,
    left(period, 4)::integer as year,
    case
      when period like '%-M%' then 'month' when period like '%-Q%' then 'quarter' when period like '%-H%' then 'half_year'
      when period like '%-YTD%' then 'year_to_date' else 'year' end as period_kind,
    plan_code || '/' || period as period_key
  from core.period;

grant select on mart.period to tiendo_reader, tiendo_loader;

comment on view mart.period is
  'The periods that each plan is reported by, with their days. One row per plan and period.';
comment on column mart.period.plan_code is 'The plan.';
comment on column mart.period.period is
  'The period: a month (2023-M04), quarter (2023-Q1), half-year (2023-H1), months since the year''s start (2023-YTD09) or year (2023). Within a plan the codes stand in the order of time.';
comment on column mart.period.number is 'Which of its year''s periods it is, from 1.';
comment on column mart.period.first_day is 'First calendar day that no period of the year before it reports on: of 2023-YTD09 the first of July.';
comment on column mart.period.last_day is 'Last calendar day.';
comment on column mart.period.cut_off_on is 'Last day the figures may speak of.';
comment on column mart.period.due_at is 'First instant that is too late to submit; exclusive.';
comment on column mart.period.publish_at is 'When the first edition is due.';
comment on column mart.period.closing_at is 'First instant at which the period is closed; exclusive.';
comment on column mart.period.year is 'The year it lies in.';
comment on column mart.period.period_kind is 'month, quarter, half_year, year_to_date or year.';
comment on column mart.period.period_key is 'Key in one column, for tools that join by one: plan_code/period.';
