-- What was found in files
create or replace view mart.finding as
  select n.finding_id, n.file_id, f.receipt_no, f.plan_code, f.period, f.agency_code, f.state as file_state, f.received_at,
    n.rule, n.severity, n.sheet, n.cell, n.message, n.found, n.expected, n.fix,
    f.plan_code || '/' || f.agency_code as agency_key, f.plan_code || '/' || f.period as period_key
  from intake.finding n left join intake.submission_file f on f.file_id = n.file_id;

grant select on mart.finding to tiendo_reader, tiendo_loader;

comment on view mart.finding is
  'What was found in each file and told to its sender. One row per finding; the rules: docs/rules.md.';
comment on column mart.finding.finding_id is 'Number of the finding.';
comment on column mart.finding.file_id is 'The file.';
comment on column mart.finding.receipt_no is 'Receipt of the file.';
comment on column mart.finding.plan_code is 'The plan; null where that was not found out.';
comment on column mart.finding.period is 'The period; null where that was not found out.';
comment on column mart.finding.agency_code is 'The body; null where that was not found out.';
comment on column mart.finding.file_state is 'Fate of the file; null while it waits.';
comment on column mart.finding.received_at is 'When the file came.';
comment on column mart.finding.rule is 'Id of the rule.';
comment on column mart.finding.severity is
  'critical (the file was sent back), warning (loaded, an explanation asked for) or info (told).';
comment on column mart.finding.sheet is 'Sheet; empty for the file as a whole.';
comment on column mart.finding.cell is 'Cell; empty for the sheet or the file as a whole.';
comment on column mart.finding.message is 'What is wrong, in Vietnamese.';
comment on column mart.finding.found is 'What stands there.';
comment on column mart.finding.expected is 'What should.';
comment on column mart.finding.fix is 'How to mend it, in Vietnamese.';
comment on column mart.finding.agency_key is 'Key of the body in one column, as in agency; null where it has none.';
comment on column mart.finding.period_key is 'Key of the period in one column, as in period; null where it has none.';
