-- Every verdict ever reached, with the time it held; conditions of the caller reach the index
create or replace view mart.indicator_status_history as
  select s.plan_code, s.period, s.as_of, s.indicator_code, i.label as indicator_name,
    i.section_no || '. ' || i.section_title as section, i.unit, s.agency_code, i.target_text, i.comparator,
    i.target_low, i.target_high, s.value, s.value_kind, s.value_basis, s.expected_value, s.ratio, s.status, s.margin,
    s.needed, s.sentence as explanation, s.rule_version, o.submission_id, f.sha256 as file_sha256, o.sheet, o.cell,
    i.row_order,
    i.row_kind, s.margin_up, s.margin_down, s.is_estimate, s.is_approximate, s.is_illustrative, s.observation_id,
    s.components, s.replaced_at, i.nature, i.direction, s.register_sha256,
    s.plan_code || '/' || s.indicator_code as indicator_key, s.plan_code || '/' || s.agency_code as agency_key,
    s.plan_code || '/' || s.period as period_key, s.sentence
  from core.indicator_status s
  left join core.version_indicator i on i.version_id = s.version_id and i.indicator_code = s.indicator_code
  left join core.observation o on o.observation_id = s.observation_id
  left join intake.submission b on b.submission_id = o.submission_id
  left join intake.submission_file f on f.file_id = b.file_id
  where not s.is_withdrawn;

grant select on mart.indicator_status_history to tiendo_reader, tiendo_loader;

comment on view mart.indicator_status_history is
  'Every verdict ever reached, one row per verdict. It held from as_of until replaced_at; indicator_status has those that hold now.';
comment on column mart.indicator_status_history.plan_code is 'The plan, such as 282-kh-ubnd-2023.';
comment on column mart.indicator_status_history.period is 'The period the verdict is for, such as 2023-Q1, 2023-M04 or 2023.';
comment on column mart.indicator_status_history.as_of is 'When this verdict was reached.';
comment on column mart.indicator_status_history.indicator_code is
  'Our own stable code; printed numbers are labels only, 18 and 19 occur twice.';
comment on column mart.indicator_status_history.indicator_name is
  'Name of the indicator, misprints of the plan mended.';
comment on column mart.indicator_status_history.section is 'Section of the plan''s annex of indicators, or its body text.';
comment on column mart.indicator_status_history.unit is 'Unit of value, target, expected value, margin and needed.';
comment on column mart.indicator_status_history.agency_code is
  'The body whose figure was graded; null when there is none.';
comment on column mart.indicator_status_history.target_text is 'Target exactly as the plan prints it.';
comment on column mart.indicator_status_history.comparator is
  'The target as understood: ge, gt, le, lt, range (floor with an upper hope), between (true band), state (words, by a list), none.';
comment on column mart.indicator_status_history.target_low is 'Lower end of the target, in unit; null where there is none.';
comment on column mart.indicator_status_history.target_high is 'Upper end of the target, in unit; null where there is none.';
comment on column mart.indicator_status_history.value is
  'Figure graded: year to date for flows, at the reporting day for the rest, in unit. Exact as sent; null for a state, which components has.';
comment on column mart.indicator_status_history.value_kind is 'actual (thực hiện) or estimate (ước thực hiện); null without a figure.';
comment on column mart.indicator_status_history.value_basis is 'year_to_date, or quarter (the period alone); null without a figure.';
comment on column mart.indicator_status_history.expected_value is
  'What the value should be by the end of the period, in unit; see docs/methodology.md. Null where none is defined.';
comment on column mart.indicator_status_history.ratio is
  'Actual to expected, cut downwards to six decimals, turned round for lower-is-better; 1 is exactly as expected. Null where none is defined.';
comment on column mart.indicator_status_history.status is
  'exceeded, achieved, missed, on_track, at_risk, behind, no_data, not_yet_published, no_target, conflicting or undecidable.';
comment on column mart.indicator_status_history.margin is
  'Distance from the line that separates good from not, in unit; positive is good. Null where none is defined.';
comment on column mart.indicator_status_history.needed is
  'What the rest of the year must bring, in unit; null for what does not add up over the year.';
comment on column mart.indicator_status_history.explanation is
  'The same as sentence, by its first name; elsewhere explanation is the sender''s.';
comment on column mart.indicator_status_history.rule_version is 'Version of the grading rules.';
comment on column mart.indicator_status_history.submission_id is 'The submission the value came with; null without a figure, and for a total of parts.';
comment on column mart.indicator_status_history.file_sha256 is 'The file the value came in; null as submission_id is.';
comment on column mart.indicator_status_history.sheet is 'Sheet the value stands on; null as submission_id is.';
comment on column mart.indicator_status_history.cell is 'Cell the value stands in; null as submission_id is.';
comment on column mart.indicator_status_history.row_order is 'Printed order in the plan.';
comment on column mart.indicator_status_history.row_kind is 'indicator, sub_indicator or body_target.';
comment on column mart.indicator_status_history.margin_up is 'What is lacking to the next better status, in unit; null where there is none.';
comment on column mart.indicator_status_history.margin_down is 'Room left before the next worse status, in unit; null where there is none.';
comment on column mart.indicator_status_history.is_estimate is 'Whether the verdict rests on an estimate.';
comment on column mart.indicator_status_history.is_approximate is
  'Whether the sender gave only an approximate figure, such as gần 65.600.';
comment on column mart.indicator_status_history.is_illustrative is
  'Whether the figure is made up for demonstration (số liệu minh họa).';
comment on column mart.indicator_status_history.observation_id is 'The figure in observation_history; null as submission_id is.';
comment on column mart.indicator_status_history.components is 'Everything the verdict was computed from, as JSON.';
comment on column mart.indicator_status_history.replaced_at is
  'When the next verdict was reached; null for the one that holds.';
comment on column mart.indicator_status_history.nature is
  'flow (adds up over the year), stock, ratio, growth, rank, index or state (words).';
comment on column mart.indicator_status_history.direction is
  'Which way is good: higher_better, lower_better, within_range, or none.';
comment on column mart.indicator_status_history.register_sha256 is
  'The register it was graded by. What it says of the indicator is said as that register says it.';
comment on column mart.indicator_status_history.indicator_key is
  'Key of the indicator in one column, as in indicator.';
comment on column mart.indicator_status_history.agency_key is
  'Key of the body in one column, as in agency; null where there is no body.';
comment on column mart.indicator_status_history.period_key is 'Key of the period in one column, as in period.';
comment on column mart.indicator_status_history.sentence is 'The verdict in one sentence, in Vietnamese.';
