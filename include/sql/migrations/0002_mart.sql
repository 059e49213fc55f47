-- The public contract. Consumers read schema mart only; columns are added, never changed. docs/data_dictionary.md is
-- made from the comments below.

create function mart.indicator_status_at(instant timestamptz)
returns table (
  plan_code text, period text, as_of timestamptz, indicator_code text, indicator_name text, section text, unit text,
  agency_code text, target_text text, comparator text, target_low numeric, target_high numeric, value numeric,
  value_kind text, value_basis text, expected_value numeric, ratio numeric, status text, margin numeric, needed numeric,
  explanation text, rule_version text, submission_id bigint, file_sha256 text, sheet text, cell text,
  row_order integer, row_kind text, margin_up numeric, margin_down numeric, is_estimate boolean,
  is_approximate boolean, is_illustrative boolean, observation_id bigint, components jsonb)
language sql stable security definer set search_path = pg_catalog as $$
  with latest as (
    select distinct on (s.plan_code, s.period, s.indicator_code) s.*
    from core.indicator_status s
    where s.as_of <= instant
    order by s.plan_code, s.period, s.indicator_code, s.indicator_status_id desc
  )
  select l.plan_code, l.period, l.as_of, l.indicator_code, i.label, i.section_no || '. ' || i.section_title, i.unit,
    l.agency_code, i.target_text, i.comparator, i.target_low, i.target_high, l.value,
    l.value_kind, l.value_basis, l.expected_value, l.ratio, l.status, l.margin, l.needed,
    l.explanation, l.rule_version, o.submission_id, f.sha256, o.sheet, o.cell,
    i.row_order, i.row_kind, l.margin_up, l.margin_down, l.is_estimate,
    l.is_approximate, l.is_illustrative, l.observation_id, l.components
  from latest l
  join core.indicator i using (plan_code, indicator_code)
  left join core.observation o on o.observation_id = l.observation_id
  left join intake.submission b on b.submission_id = o.submission_id
  left join intake.submission_file f on f.file_id = b.file_id
$$;

create view mart.indicator_status as
  select * from mart.indicator_status_at('infinity') order by plan_code, period, row_order;

create view mart.observation_history as
  select o.observation_id, o.plan_code, o.period, o.indicator_code, o.agency_code, o.basis, o.kind, o.answer, o.value,
    o.value_text, o.is_approximate, o.is_illustrative, o.is_correction, o.promised_on, o.data_on, o.note,
    o.explanation, o.received_at, o.recorded_at, o.submission_id, b.version, f.receipt_no, f.name as file_name,
    f.sha256 as file_sha256, f.sender, f.channel, o.sheet, o.cell,
    row_number() over (
      partition by o.plan_code, o.period, o.indicator_code, o.agency_code, o.basis
      order by o.received_at, o.observation_id) as revision,
    o.observation_id = last_value(o.observation_id) over (
      partition by o.plan_code, o.period, o.indicator_code, o.agency_code, o.basis
      order by o.received_at, o.observation_id
      rows between unbounded preceding and unbounded following) as is_current
  from core.observation o
  join intake.submission b using (submission_id)
  join intake.submission_file f using (file_id);

create view mart.submission_tracker as
  with accepted as (
    select distinct on (b.plan_code, b.agency_code, b.period) b.plan_code, b.agency_code, b.period, b.version,
      b.file_id, f.state
    from intake.submission b join intake.submission_file f using (file_id)
    order by b.plan_code, b.agency_code, b.period, b.received_at desc, b.submission_id desc
  ),
  first_accepted as (
    select plan_code, agency_code, period, min(received_at) as received_at
    from intake.submission group by plan_code, agency_code, period
  ),
  last_rejected as (
    select distinct on (plan_code, agency_code, period) plan_code, agency_code, period, file_id, received_at
    from intake.submission_file
    where state = 'rejected' and agency_code is not null and period is not null
    order by plan_code, agency_code, period, received_at desc, file_id desc
  )
  select p.plan_code, p.period, g.agency_code, g.name as agency_name,
    case when a.file_id is not null then a.state when r.file_id is not null then 'rejected' else 'missing' end as state,
    coalesce(fa.received_at, r.received_at) as received_at,
    p.due_at,
    case when fa.received_at is null then null else fa.received_at < p.due_at end as is_on_time,
    case when fa.received_at is null then null
      else greatest(0, ceil(extract(epoch from fa.received_at - p.due_at) / 86400))::integer end as days_late,
    a.version,
    (select count(*) from intake.finding n where n.file_id = coalesce(a.file_id, r.file_id))::integer as finding_count,
    (select f.receipt_no from intake.submission_file f where f.file_id = coalesce(a.file_id, r.file_id)) as receipt_no,
    g.row_order
  from core.period p
  join core.agency g on g.plan_code = p.plan_code and g.is_obliged
  left join accepted a on (a.plan_code, a.agency_code, a.period) = (p.plan_code, g.agency_code, p.period)
  left join first_accepted fa on (fa.plan_code, fa.agency_code, fa.period) = (p.plan_code, g.agency_code, p.period)
  left join last_rejected r on (r.plan_code, r.agency_code, r.period) = (p.plan_code, g.agency_code, p.period);

create view mart.task_status as
  select distinct on (t.plan_code, t.period, k.row_order, g.row_order)
    t.plan_code, t.period, t.task_ref, k.section_ref, k.section_title, k.title, k.is_collective, k.due_on,
    t.agency_code, g.name as agency_name, t.state, t.completion_pct, t.result, t.difficulty, t.proposal,
    t.received_at, t.recorded_at, t.submission_id, f.sha256 as file_sha256, t.sheet, t.cell
  from core.task_progress t
  join core.task k using (plan_code, task_ref)
  join core.agency g using (plan_code, agency_code)
  join intake.submission b using (submission_id)
  join intake.submission_file f using (file_id)
  order by t.plan_code, t.period, k.row_order, g.row_order, t.received_at desc, t.task_progress_id desc;

create view mart.edition as
  select plan_code, period, edition, as_of, approved_by, approved_at, manifest_sha256, manifest from core.edition;

create view mart.agency_timeliness as
  select plan_code, agency_code, agency_name,
    count(*) filter (where state in ('accepted', 'accepted_with_warnings'))::integer as submission_count,
    count(*) filter (where is_on_time)::integer as on_time_count,
    count(*) filter (where not is_on_time)::integer as late_count,
    max(days_late) as days_late_max
  from mart.submission_tracker
  group by plan_code, agency_code, agency_name;

grant select on all tables in schema mart to tiendo_reader, tiendo_loader;
revoke all on function mart.indicator_status_at(timestamptz) from public;
grant execute on function mart.indicator_status_at(timestamptz) to tiendo_reader, tiendo_loader;

-- Comments: the source of docs/data_dictionary.md --------------------------------------------------------------------

comment on view mart.indicator_status is
  'The verdict on each indicator in each period, as it stands at present: one row per plan, period and indicator. The same for any instant: function indicator_status_at(instant).';
comment on column mart.indicator_status.plan_code is 'The plan, such as 282-kh-ubnd-2023.';
comment on column mart.indicator_status.period is 'The quarter the verdict is for, such as 2023-Q1.';
comment on column mart.indicator_status.as_of is
  'When this verdict was reached; it holds until a later row replaces it.';
comment on column mart.indicator_status.indicator_code is
  'Our own stable code; printed numbers are labels only, 18 and 19 occur twice.';
comment on column mart.indicator_status.indicator_name is
  'Name of the indicator, misprints of the plan mended.';
comment on column mart.indicator_status.section is 'Section of Phụ lục II, or the body text (TB).';
comment on column mart.indicator_status.unit is 'Unit of value, target, expected value, margin and needed.';
comment on column mart.indicator_status.agency_code is
  'The body whose figure was graded; null when there is none.';
comment on column mart.indicator_status.target_text is 'Target exactly as the plan prints it.';
comment on column mart.indicator_status.comparator is
  'The target as understood: ge, gt, le, lt, range (floor with an upper hope), between (true band), none.';
comment on column mart.indicator_status.target_low is 'Lower end of the target, in unit.';
comment on column mart.indicator_status.target_high is 'Upper end of the target, in unit.';
comment on column mart.indicator_status.value is
  'Figure graded: year to date for flows, at the reporting day for the rest, in unit. Exact as sent.';
comment on column mart.indicator_status.value_kind is 'actual (thực hiện) or estimate (ước thực hiện).';
comment on column mart.indicator_status.value_basis is 'year_to_date or quarter.';
comment on column mart.indicator_status.expected_value is
  'What the value should be by the end of the period, in unit; see docs/methodology.md.';
comment on column mart.indicator_status.ratio is
  'Actual to expected, turned round for lower-is-better; 1 is exactly as expected. Null where none is defined.';
comment on column mart.indicator_status.status is
  'exceeded, achieved, missed, on_track, at_risk, behind, no_data, not_yet_published, no_target, conflicting or undecidable.';
comment on column mart.indicator_status.margin is
  'Distance from the line that separates good from not, in unit; positive is good.';
comment on column mart.indicator_status.needed is
  'What the remaining quarters must bring, in unit; flows only.';
comment on column mart.indicator_status.explanation is 'One sentence in Vietnamese.';
comment on column mart.indicator_status.rule_version is 'Version of the grading rules.';
comment on column mart.indicator_status.submission_id is 'The submission the value came with.';
comment on column mart.indicator_status.file_sha256 is 'The file the value came in.';
comment on column mart.indicator_status.sheet is 'Sheet the value stands on.';
comment on column mart.indicator_status.cell is 'Cell the value stands in.';
comment on column mart.indicator_status.row_order is 'Printed order in the plan.';
comment on column mart.indicator_status.row_kind is 'indicator, sub_indicator or body_target.';
comment on column mart.indicator_status.margin_up is 'What is lacking to the next better status, in unit.';
comment on column mart.indicator_status.margin_down is 'Room left before the next worse status, in unit.';
comment on column mart.indicator_status.is_estimate is 'Whether the verdict rests on an estimate.';
comment on column mart.indicator_status.is_approximate is
  'Whether the sender gave only an approximate figure, such as gần 65.600.';
comment on column mart.indicator_status.is_illustrative is
  'Whether the figure is made up for demonstration (số liệu minh họa).';
comment on column mart.indicator_status.observation_id is 'The figure in observation_history.';
comment on column mart.indicator_status.components is 'Everything the verdict was computed from, as JSON.';

comment on view mart.observation_history is
  'Every figure ever accepted, one row per figure and revision. Nothing is changed or deleted: period says what a figure is for, recorded_at when we learnt it.';
comment on column mart.observation_history.observation_id is 'Number of the figure.';
comment on column mart.observation_history.plan_code is 'The plan.';
comment on column mart.observation_history.period is 'The quarter the figure is for.';
comment on column mart.observation_history.indicator_code is 'The indicator.';
comment on column mart.observation_history.agency_code is 'The body that reported it.';
comment on column mart.observation_history.basis is 'quarter or year_to_date.';
comment on column mart.observation_history.kind is 'actual or estimate.';
comment on column mart.observation_history.answer is
  'value, not_applicable or not_available; only the first has a value.';
comment on column mart.observation_history.value is 'The figure in the indicator''s unit, exact as sent.';
comment on column mart.observation_history.value_text is 'The figure as typed.';
comment on column mart.observation_history.is_approximate is
  'Whether the sender gave only an approximate figure.';
comment on column mart.observation_history.is_illustrative is
  'Whether the figure is made up for demonstration.';
comment on column mart.observation_history.is_correction is
  'Whether it came as a correction of an earlier period.';
comment on column mart.observation_history.promised_on is 'Day by which a missing figure is promised.';
comment on column mart.observation_history.data_on is 'Day up to which the figure counts.';
comment on column mart.observation_history.note is 'The sender''s note.';
comment on column mart.observation_history.explanation is
  'The sender''s explanation, or the reason of a correction.';
comment on column mart.observation_history.received_at is 'When the file came.';
comment on column mart.observation_history.recorded_at is 'When the figure was loaded.';
comment on column mart.observation_history.submission_id is 'The submission it came with.';
comment on column mart.observation_history.version is
  'Version of the body''s report for the period it was sent for.';
comment on column mart.observation_history.receipt_no is 'Receipt given to the sender.';
comment on column mart.observation_history.file_name is 'File name as sent.';
comment on column mart.observation_history.file_sha256 is 'SHA-256 of the file.';
comment on column mart.observation_history.sender is 'Inbox folder, mail address or user.';
comment on column mart.observation_history.channel is 'folder, mail or command.';
comment on column mart.observation_history.sheet is 'Sheet.';
comment on column mart.observation_history.cell is 'Cell.';
comment on column mart.observation_history.revision is
  '1 for the first figure for this indicator, body, period and basis, counting up.';
comment on column mart.observation_history.is_current is 'Whether no later revision exists.';

comment on view mart.submission_tracker is
  'Who owes a quarterly report and what came of it: one row per period and obliged body.';
comment on column mart.submission_tracker.plan_code is 'The plan.';
comment on column mart.submission_tracker.period is 'The quarter.';
comment on column mart.submission_tracker.agency_code is 'The body.';
comment on column mart.submission_tracker.agency_name is 'Its name.';
comment on column mart.submission_tracker.state is
  'missing, rejected (something came, nothing acceptable), accepted or accepted_with_warnings.';
comment on column mart.submission_tracker.received_at is
  'When the first acceptable file came; of a rejected one where there is none.';
comment on column mart.submission_tracker.due_at is 'Instant before which it was due.';
comment on column mart.submission_tracker.is_on_time is
  'Whether the first acceptable file came before due_at; null when there is none.';
comment on column mart.submission_tracker.days_late is
  'Days begun after due_at, 0 when on time; null when nothing acceptable came.';
comment on column mart.submission_tracker.version is 'Number of acceptable versions so far.';
comment on column mart.submission_tracker.finding_count is 'Findings on the file that counts.';
comment on column mart.submission_tracker.receipt_no is 'Receipt of the file that counts.';
comment on column mart.submission_tracker.row_order is 'The register''s order of bodies.';

comment on view mart.task_status is
  'Progress of each task as the bodies that owe it tell it: the latest row per period, task and body.';
comment on column mart.task_status.plan_code is 'The plan.';
comment on column mart.task_status.period is 'The quarter.';
comment on column mart.task_status.task_ref is 'Reference in the plan, such as II.4.a.1.';
comment on column mart.task_status.section_ref is 'Section, such as II.4.';
comment on column mart.task_status.section_title is 'Its heading.';
comment on column mart.task_status.title is 'The task in short.';
comment on column mart.task_status.is_collective is 'Whether every body owes it.';
comment on column mart.task_status.due_on is 'Day the plan sets, if any.';
comment on column mart.task_status.agency_code is 'The body.';
comment on column mart.task_status.agency_name is 'Its name.';
comment on column mart.task_status.state is 'done, on_schedule, late, not_started or not_applicable.';
comment on column mart.task_status.completion_pct is 'Share completed, in percent, as told.';
comment on column mart.task_status.result is 'Results, as told.';
comment on column mart.task_status.difficulty is 'Difficulties, as told.';
comment on column mart.task_status.proposal is 'Proposals, as told.';
comment on column mart.task_status.received_at is 'When the file came.';
comment on column mart.task_status.recorded_at is 'When it was loaded.';
comment on column mart.task_status.submission_id is 'The submission.';
comment on column mart.task_status.file_sha256 is 'SHA-256 of the file.';
comment on column mart.task_status.sheet is 'Sheet.';
comment on column mart.task_status.cell is 'Cell of the state.';

comment on view mart.edition is
  'Published editions. Frozen: none changes after it is published.';
comment on column mart.edition.plan_code is 'The plan.';
comment on column mart.edition.period is 'The quarter.';
comment on column mart.edition.edition is '1 for the first published, counting up.';
comment on column mart.edition.as_of is 'The edition holds what was known at this instant.';
comment on column mart.edition.approved_by is 'Who approved it.';
comment on column mart.edition.approved_at is 'When.';
comment on column mart.edition.manifest_sha256 is 'SHA-256 of manifest.json.';
comment on column mart.edition.manifest is 'The manifest: hashes of every output and every input file.';

comment on view mart.agency_timeliness is
  'How punctual each body has been over the plan''s periods.';
comment on column mart.agency_timeliness.plan_code is 'The plan.';
comment on column mart.agency_timeliness.agency_code is 'The body.';
comment on column mart.agency_timeliness.agency_name is 'Its name.';
comment on column mart.agency_timeliness.submission_count is 'Periods with an accepted report.';
comment on column mart.agency_timeliness.on_time_count is 'Of these, on time.';
comment on column mart.agency_timeliness.late_count is 'Of these, late.';
comment on column mart.agency_timeliness.days_late_max is 'Longest delay in days.';

comment on function mart.indicator_status_at(timestamptz) is
  'mart.indicator_status as it stood at an instant.';
