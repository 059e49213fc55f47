-- What was found wrong in each body's files, at present
create or replace view mart.agency_mistake as
  select plan_code, agency_code, rule, severity, file_count, finding_count, last_received_at from core.agency_mistake;

grant select on mart.agency_mistake to tiendo_reader, tiendo_loader;

comment on view mart.agency_mistake is
  'What was found wrong in each body''s reports that were accepted or sent back: one row per body, rule and severity. What was only told (info), and what is wrong with files that could not be read, is in finding. The rules: docs/rules.md. The same for any instant: function agency_mistake_at(instant, plan_code).';
comment on column mart.agency_mistake.plan_code is 'The plan.';
comment on column mart.agency_mistake.agency_code is 'The body.';
comment on column mart.agency_mistake.rule is 'Id of the rule.';
comment on column mart.agency_mistake.severity is
  'critical (the file was sent back) or warning (loaded, an explanation asked for).';
comment on column mart.agency_mistake.file_count is 'In how many files.';
comment on column mart.agency_mistake.finding_count is 'At how many places.';
comment on column mart.agency_mistake.last_received_at is 'When the last such file came.';
