-- What the rules said when they were run, kept as it was: what was found in a batch, file by file, and in the mart.

create table intake.validation_result (
  validation_result_id bigint generated always as identity primary key,
  -- What was run together: a batch, named by the receipt number of the first file that it settled; or the rows of the
  -- mart as of an instant
  run text not null check (run <> ''),
  -- Within a batch each part that was checked by itself, from 1; 0 is the batch as it then stood in the tables
  part integer not null check (part >= 0),
  suite text not null,
  plan_code text not null references core.plan,
  -- Of rows of the mart; null of a batch
  period text,
  ran_at timestamptz not null,
  row_count integer not null check (row_count >= 0),
  -- Great Expectations' ExpectationSuiteValidationResult, with each rule as it stood
  result jsonb not null,
  unique (run, part, suite)
);
create index on intake.validation_result (plan_code, period) where period is not null;

-- The part of a batch that a file was checked in, and over how many rows of it each suite was run
create table intake.checked_file (
  file_id bigint primary key references intake.submission_file,
  run text not null,
  part integer not null check (part >= 1),
  row_counts jsonb not null
);

-- Every row of a file that broke a rule, its sender told or not
create table intake.broken_rule (
  broken_rule_id bigint generated always as identity primary key,
  file_id bigint not null references intake.checked_file,
  suite text not null,
  rule text not null,
  severity text not null check (severity in ('critical', 'warning', 'info')),
  -- Its place in the suite's table, row_id in Great Expectations' result
  row_number integer not null check (row_number >= 0),
  sheet text not null,
  cell text not null,
  -- explained: another rule that the row broke says it already; trial: the rule is on trial, and nobody is told
  fate text not null check (fate in ('told', 'explained', 'trial'))
);
create index on intake.broken_rule (file_id);

create trigger append_only before update or delete or truncate on intake.validation_result
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on intake.checked_file
  for each statement execute function core.refuse_change();
create trigger append_only before update or delete or truncate on intake.broken_rule
  for each statement execute function core.refuse_change();

grant select, insert on intake.validation_result, intake.checked_file, intake.broken_rule to tiendo_loader;
