-- Who reports each indicator in each period
create or replace view mart.indicator_reporter as
  select v.plan_code, v.period, r.indicator_code, r.agency_code, r.precedence,
    v.plan_code || '/' || r.indicator_code as indicator_key, v.plan_code || '/' || r.agency_code as agency_key,
    v.plan_code || '/' || v.period as period_key
  from core.period p
  join core.held_version v on v.plan_code = p.plan_code and v.period = p.period
  join core.version_reporter r on r.version_id = v.version_id;

grant select on mart.indicator_reporter to tiendo_reader, tiendo_loader;

comment on view mart.indicator_reporter is
  'Which bodies report each indicator in each period, in the order in which the register names them. One row per plan, period, indicator and body.';
comment on column mart.indicator_reporter.plan_code is 'The plan.';
comment on column mart.indicator_reporter.period is 'The period.';
comment on column mart.indicator_reporter.indicator_code is 'The indicator.';
comment on column mart.indicator_reporter.agency_code is 'The body.';
comment on column mart.indicator_reporter.precedence is '1 for the body named first, which leads; counting up.';
comment on column mart.indicator_reporter.indicator_key is 'Key of the indicator in one column, as in indicator.';
comment on column mart.indicator_reporter.agency_key is 'Key of the body in one column, as in agency.';
comment on column mart.indicator_reporter.period_key is 'Key of the period in one column, as in period.';
