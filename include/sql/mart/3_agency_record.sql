-- The record card of each body, at present
create or replace view mart.agency_record as
  select p.plan_code, r.agency_code, r.agency_name, r.row_order, r.owed_count, r.received_count, r.on_time_count,
    r.late_count, r.missing_count, r.days_late_avg, r.days_late_max, r.first_try_count, r.rejected_count,
    r.quarantined_count, r.own_plan_state, r.own_plan_received_at, r.own_plan_days_late, r.usual_rules
  from core.plan p
  cross join lateral mart.agency_record_at(now(), p.plan_code) r;

grant select on mart.agency_record to tiendo_reader, tiendo_loader;

comment on view mart.agency_record is
  'The record card of each obliged body: how punctually and soundly it has reported over the periods that are due. One row per body. The same for any instant: function agency_record_at(instant, plan_code).';
comment on column mart.agency_record.plan_code is 'The plan.';
comment on column mart.agency_record.agency_code is 'The body.';
comment on column mart.agency_record.agency_name is 'Its name.';
comment on column mart.agency_record.row_order is 'Printed order in the register.';
comment on column mart.agency_record.owed_count is
  'Quarterly reports due by now, or accepted before that; without those a letter excused.';
comment on column mart.agency_record.received_count is 'Of these, accepted.';
comment on column mart.agency_record.on_time_count is 'Of these, with a first acceptable version in time.';
comment on column mart.agency_record.late_count is 'Of these, late.';
comment on column mart.agency_record.missing_count is 'Due and not accepted.';
comment on column mart.agency_record.days_late_avg is
  'Days late on average over the accepted ones, 0 for those in time; null when none was accepted.';
comment on column mart.agency_record.days_late_max is 'Most days late.';
comment on column mart.agency_record.first_try_count is
  'Quarters for which the first file that could be read was accepted.';
comment on column mart.agency_record.rejected_count is 'Files sent back.';
comment on column mart.agency_record.quarantined_count is
  'Files of the plan''s year from its inbox or address that were held back: unreadable or unsafe.';
comment on column mart.agency_record.own_plan_state is
  'Its own implementation plan: accepted, missing or exempt; null when none is owed.';
comment on column mart.agency_record.own_plan_received_at is 'When that came.';
comment on column mart.agency_record.own_plan_days_late is 'Days late of that; 0 when in time.';
comment on column mart.agency_record.usual_rules is
  'The rules most often broken, three at most, by number of files; all in agency_mistake.';
