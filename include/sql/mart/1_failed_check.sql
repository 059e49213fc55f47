-- What last failed a check of the warehouse's own rows
create or replace view mart.failed_check as
  select l.plan_code, l.period, l.suite, c.result -> 'expectation_config' -> 'meta' ->> 'rule' as rule, l.ran_at, l.row_count,
    (c.result -> 'result' ->> 'unexpected_count')::integer as failed_count
  from (
    select distinct on (r.plan_code, r.period, r.suite) r.*
    from intake.validation_result r where r.period is not null
    order by r.plan_code, r.period, r.suite, r.validation_result_id desc
  ) l
  cross join lateral jsonb_array_elements(l.result -> 'results') as c (result)
  where not (c.result ->> 'success')::boolean;

grant select on mart.failed_check to tiendo_reader, tiendo_loader;

comment on view mart.failed_check is
  'The newest run of each check of what a period''s rows say together that did not pass, such as what bodies tell of their tasks, held against all that is known. One row per plan, period, suite and rule; empty when nothing is in doubt.';
comment on column mart.failed_check.plan_code is 'The plan.';
comment on column mart.failed_check.period is 'The period whose rows were checked.';
comment on column mart.failed_check.suite is 'The suite, a file of include/expectations/.';
comment on column mart.failed_check.rule is 'Id of the rule.';
comment on column mart.failed_check.ran_at is 'When it was run.';
comment on column mart.failed_check.row_count is 'Over how many rows.';
comment on column mart.failed_check.failed_count is
  'Rows that broke the rule; null where the rule is not about single rows.';
