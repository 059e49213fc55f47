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
    order by s.plan_code, s.period, s.indicator_code, s.as_of desc, s.indicator_status_id desc
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
