-- Which version of a report counts: the newest acceptable one by the time it came, files of the same instant by the order
-- in which they were landed. Versions are never merged: a figure or task that the newest version leaves out counts no
-- more. A correction of an earlier period stands by itself, until a newer file speaks of that figure.

create view intake.newest_submission as
  select distinct on (plan_code, agency_code, period) submission_id, file_id, plan_code, agency_code, period, received_at
  from intake.submission
  order by plan_code, agency_code, period, received_at desc, file_id desc;
comment on view intake.newest_submission is 'The version that counts: one row per plan, body and period.';

create function core.observation_at(instant timestamptz) returns setof core.observation
language sql stable as $$
  select distinct on (o.plan_code, o.agency_code, o.indicator_code, o.period, o.basis) o.*
  from core.observation o
  join intake.submission s on s.submission_id = o.submission_id
  where o.recorded_at <= instant and (o.is_correction or not exists (
    select from intake.submission n
    where (n.plan_code, n.agency_code, n.period) = (o.plan_code, o.agency_code, o.period)
      and n.recorded_at <= instant and (n.received_at, n.file_id) > (s.received_at, s.file_id)))
  order by o.plan_code, o.agency_code, o.indicator_code, o.period, o.basis, o.received_at desc, s.file_id desc,
    o.observation_id desc
$$;
comment on function core.observation_at(timestamptz) is
  'The figures that counted at an instant: one per indicator, body, period and basis.';

grant select on intake.newest_submission to tiendo_loader;

create or replace view mart.observation_history as
  select o.observation_id, o.plan_code, o.period, o.indicator_code, o.agency_code, o.basis, o.kind, o.answer, o.value,
    o.value_text, o.is_approximate, o.is_illustrative, o.is_correction, o.promised_on, o.data_on, o.note,
    o.explanation, o.received_at, o.recorded_at, o.submission_id, b.version, f.receipt_no, f.name as file_name,
    f.sha256 as file_sha256, f.sender, f.channel, o.sheet, o.cell,
    row_number() over (
      partition by o.plan_code, o.period, o.indicator_code, o.agency_code, o.basis
      order by o.received_at, f.file_id, o.observation_id) as revision,
    (o.is_correction or n.submission_id is not null) and row_number() over (
      partition by o.plan_code, o.period, o.indicator_code, o.agency_code, o.basis
      order by o.is_correction or n.submission_id is not null desc, o.received_at desc, f.file_id desc,
        o.observation_id desc) = 1 as is_current
  from core.observation o
  join intake.submission b using (submission_id)
  join intake.submission_file f using (file_id)
  left join intake.newest_submission n using (submission_id);
comment on column mart.observation_history.is_current is
  'Whether this figure counts: it stands in the newest acceptable version of its body and period, or came as a correction, and nothing newer speaks of it.';

create or replace view mart.submission_tracker as
  with accepted as (
    select n.plan_code, n.agency_code, n.period, n.file_id, f.state
    from intake.newest_submission n join intake.submission_file f using (file_id)
  ),
  all_accepted as (
    select plan_code, agency_code, period, min(received_at) as received_at, max(version) as version
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
    fa.version,
    (select count(*) from intake.finding n where n.file_id = coalesce(a.file_id, r.file_id))::integer as finding_count,
    (select f.receipt_no from intake.submission_file f where f.file_id = coalesce(a.file_id, r.file_id)) as receipt_no,
    g.row_order
  from core.period p
  join core.agency g on g.plan_code = p.plan_code and g.is_obliged
  left join accepted a on (a.plan_code, a.agency_code, a.period) = (p.plan_code, g.agency_code, p.period)
  left join all_accepted fa on (fa.plan_code, fa.agency_code, fa.period) = (p.plan_code, g.agency_code, p.period)
  left join last_rejected r on (r.plan_code, r.agency_code, r.period) = (p.plan_code, g.agency_code, p.period);

create or replace view mart.task_status as
  select distinct on (t.plan_code, t.period, k.row_order, g.row_order)
    t.plan_code, t.period, t.task_ref, k.section_ref, k.section_title, k.title, k.is_collective, k.due_on,
    t.agency_code, g.name as agency_name, t.state, t.completion_pct, t.result, t.difficulty, t.proposal,
    t.received_at, t.recorded_at, t.submission_id, f.sha256 as file_sha256, t.sheet, t.cell
  from core.task_progress t
  join core.task k using (plan_code, task_ref)
  join core.agency g using (plan_code, agency_code)
  join intake.newest_submission n using (submission_id)
  join intake.submission_file f on f.file_id = n.file_id
  order by t.plan_code, t.period, k.row_order, g.row_order, t.task_progress_id desc;
