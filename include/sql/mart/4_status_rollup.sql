-- How many indicators and tasks stand where, at present
create or replace view mart.status_rollup as
  select plan_code, period, subject, grouping_kind, group_code, group_name, group_order, status, item_count, group_count,
    plan_code || '/' || period as period_key
  from core.status_rollup;

grant select on mart.status_rollup to tiendo_reader, tiendo_loader;

comment on view mart.status_rollup is
  'How many indicators and tasks stand where, for the plan, by section and by lead body: one row per subject, group and status that occurs. The same for any instant: function status_rollup_at(instant, plan_code, period).';
comment on column mart.status_rollup.plan_code is 'The plan.';
comment on column mart.status_rollup.period is 'The period.';
comment on column mart.status_rollup.subject is
  'indicator; task: a task and the body that leads it; collective_task: a task that every body leads, once for each.';
comment on column mart.status_rollup.grouping_kind is 'plan, section, or agency: the body that leads.';
comment on column mart.status_rollup.group_code is 'The plan, the section''s number or the body''s code.';
comment on column mart.status_rollup.group_name is 'Its name in Vietnamese.';
comment on column mart.status_rollup.group_order is 'Printed order of the groups.';
comment on column mart.status_rollup.status is
  'Of an indicator a status as in indicator_status, of a task a state as in task_status or not_reported.';
comment on column mart.status_rollup.item_count is 'How many stand there.';
comment on column mart.status_rollup.group_count is 'How many the group has in all.';
comment on column mart.status_rollup.period_key is 'Key of the period in one column, as in period.';
