-- How punctual each body has been with its regular reports
create or replace view mart.agency_timeliness as
  select plan_code, agency_code, agency_name,
    (count(*) filter (where state in ('accepted', 'accepted_with_warnings')))::integer as submission_count,
    (count(*) filter (where is_on_time))::integer as on_time_count,
    (count(*) filter (where not is_on_time))::integer as late_count,
    max(days_late) as days_late_max
  from mart.submission_tracker
  where obligation = 'quarterly_report'
  group by plan_code, agency_code, agency_name;

grant select on mart.agency_timeliness to tiendo_reader, tiendo_loader;

comment on view mart.agency_timeliness is
  'How punctual each body has been with the regular reports that came, over the plan''s periods; what never came is not counted here, agency_record has it.';
comment on column mart.agency_timeliness.plan_code is 'The plan.';
comment on column mart.agency_timeliness.agency_code is 'The body.';
comment on column mart.agency_timeliness.agency_name is 'Its name.';
comment on column mart.agency_timeliness.submission_count is 'Periods with an accepted report.';
comment on column mart.agency_timeliness.on_time_count is 'Of these, on time.';
comment on column mart.agency_timeliness.late_count is 'Of these, late.';
comment on column mart.agency_timeliness.days_late_max is 'Longest delay in days; null when none was accepted.';
