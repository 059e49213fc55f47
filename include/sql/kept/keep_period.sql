-- Brings up to date what is kept of a period and of some bodies, or of all: which versions and figures count, what is owed
create or replace function core.keep_period(of_plan_code text, of_period text, bodies text[], is_of_all boolean)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into core.held_version as k (plan_code, period, version_id, register_sha256)
  select f.plan_code, f.period, f.version_id, f.register_sha256
  from core.in_force_at('infinity') f
  where f.plan_code = of_plan_code and f.period = of_period
  on conflict (plan_code, period) do update
    set version_id = excluded.version_id, register_sha256 = excluded.register_sha256
  where k.* is distinct from excluded.*;

  update intake.submission s set replaced_at = n.replaced_at
  from (
    select b.submission_id, min(b.recorded_at) over (
        partition by b.agency_code order by b.received_at desc, b.file_id desc
        rows between unbounded preceding and 1 preceding) as replaced_at
    from intake.submission b
    where b.plan_code = of_plan_code and b.period = of_period and b.agency_code = any(bodies)
  ) n
  where s.submission_id = n.submission_id and s.replaced_at is distinct from n.replaced_at;

  update core.observation o set revision = n.revision, is_current = n.is_current
  from (
    select e.observation_id,
      row_number() over (
        partition by e.indicator_code, e.agency_code, e.basis
        order by e.received_at, b.file_id, e.observation_id) as revision,
      (e.is_correction or b.replaced_at is null) and row_number() over (
        partition by e.indicator_code, e.agency_code, e.basis
        order by e.is_correction or b.replaced_at is null desc, e.received_at desc, b.file_id desc,
          e.observation_id desc) = 1 as is_current
    from core.observation e join intake.submission b using (submission_id)
    where e.plan_code = of_plan_code and e.period = of_period and e.agency_code = any(bodies)
  ) n
  where o.observation_id = n.observation_id and (o.revision, o.is_current) is distinct from (n.revision, n.is_current);

  with lead as (
    select h.version_id, l.task_ref, l.agency_code, true as is_owed
    from core.held_version h join core.version_task_lead l using (version_id)
    where h.plan_code = of_plan_code and h.period = of_period and (is_of_all or l.agency_code = any(bodies))
  ),
  told as (
    select h.version_id, t.task_ref, t.agency_code, max(t.task_progress_id) as task_progress_id
    from core.held_version h
    join core.task_progress t on t.plan_code = h.plan_code and t.period = h.period
    join intake.submission b on b.submission_id = t.submission_id and b.replaced_at is null
    join core.version_task k on k.version_id = h.version_id and k.task_ref = t.task_ref
    join core.version_agency g on g.version_id = h.version_id and g.agency_code = t.agency_code
    where h.plan_code = of_plan_code and h.period = of_period and (is_of_all or t.agency_code = any(bodies))
    group by h.version_id, t.task_ref, t.agency_code
  ),
  now_so as (
    select x.version_id, x.task_ref, x.agency_code, x.is_owed is not null as is_owed,
      coalesce(e.state, 'not_reported') as state, x.task_progress_id
    from (lead full join told using (version_id, task_ref, agency_code)) x
    left join core.task_progress e on e.task_progress_id = x.task_progress_id
    where exists (select from core.period p where p.plan_code = of_plan_code and p.period = of_period)
  ),
  gone as (
    delete from core.owed_task k
    where k.plan_code = of_plan_code and k.period = of_period and (is_of_all or k.agency_code = any(bodies))
      and not exists (select from now_so n where n.task_ref = k.task_ref and n.agency_code = k.agency_code)
  )
  insert into core.owed_task as k (
    plan_code, period, task_ref, agency_code, version_id, is_owed, state, task_progress_id)
  select of_plan_code, of_period, n.task_ref, n.agency_code, n.version_id, n.is_owed, n.state, n.task_progress_id
  from now_so n
  on conflict (plan_code, period, task_ref, agency_code) do update
    set version_id = excluded.version_id, is_owed = excluded.is_owed, state = excluded.state,
      task_progress_id = excluded.task_progress_id
  where k.* is distinct from excluded.*;

  with now_so as (
    select t.*, case when t.obligation = 'quarterly_report' then (
        select max(c.asked_at) from mart.correction_request c
        where c.plan_code = of_plan_code and c.period = of_period and c.agency_code = t.agency_code
          and c.answered_at is null) end as correction_asked_at
    from core.obligation o
    cross join lateral core.submission_tracker_of(
      'infinity', of_plan_code, o.obligation, of_period, case when not is_of_all then bodies end) t
    where o.plan_code = of_plan_code and o.period = of_period
  ),
  gone as (
    delete from core.submission_tracker k
    where k.plan_code = of_plan_code and k.period = of_period and (is_of_all or k.agency_code = any(bodies))
      and not exists (select from now_so n where n.obligation = k.obligation and n.agency_code = k.agency_code)
  )
  insert into core.submission_tracker as k (
    plan_code, obligation, period, agency_code, agency_name, row_order, state, received_at, due_at, is_on_time,
    days_late, version, finding_count, receipt_no, general_due_at, extended_until, letter_no, letter_on, rejected_at,
    owed_count, answered_count, completeness_pct, correction_asked_at)
  select n.plan_code, n.obligation, n.period, n.agency_code, n.agency_name, n.row_order, n.state, n.received_at,
    n.due_at, n.is_on_time, n.days_late, n.version, n.finding_count, n.receipt_no, n.general_due_at, n.extended_until,
    n.letter_no, n.letter_on, n.rejected_at, n.owed_count, n.answered_count, n.completeness_pct, n.correction_asked_at
  from now_so n
  on conflict (plan_code, obligation, period, agency_code) do update set
    agency_name = excluded.agency_name, row_order = excluded.row_order, state = excluded.state,
    received_at = excluded.received_at, due_at = excluded.due_at, is_on_time = excluded.is_on_time,
    days_late = excluded.days_late, version = excluded.version, finding_count = excluded.finding_count,
    receipt_no = excluded.receipt_no, general_due_at = excluded.general_due_at,
    extended_until = excluded.extended_until, letter_no = excluded.letter_no, letter_on = excluded.letter_on,
    rejected_at = excluded.rejected_at, owed_count = excluded.owed_count, answered_count = excluded.answered_count,
    completeness_pct = excluded.completeness_pct, correction_asked_at = excluded.correction_asked_at
  where k.* is distinct from excluded.*;

  with now_so as (
    select r.*
    from core.period p cross join lateral mart.status_rollup_at('infinity', of_plan_code, of_period) r
    where p.plan_code = of_plan_code and p.period = of_period
  ),
  gone as (
    delete from core.status_rollup k
    where k.plan_code = of_plan_code and k.period = of_period and not exists (
      select from now_so n
      where (n.subject, n.grouping_kind, n.group_code, n.status)
        = (k.subject, k.grouping_kind, k.group_code, k.status))
  )
  insert into core.status_rollup as k (
    plan_code, period, subject, grouping_kind, group_code, group_name, group_order, status, item_count, group_count)
  select n.plan_code, n.period, n.subject, n.grouping_kind, n.group_code, n.group_name, n.group_order, n.status,
    n.item_count, n.group_count
  from now_so n
  on conflict (plan_code, period, subject, grouping_kind, group_code, status) do update set
    group_name = excluded.group_name, group_order = excluded.group_order, item_count = excluded.item_count,
    group_count = excluded.group_count
  where k.* is distinct from excluded.*;

  insert into core.period_quality as k (
    plan_code, period, body_count, received_body_count, on_time_body_count, owed_count, answered_count,
    last_received_at, indicator_count, figure_count, estimate_count, approximate_count, illustrative_count,
    last_graded_at)
  select of_plan_code, of_period, t.body_count, t.received_body_count, t.on_time_body_count, t.owed_count,
    t.answered_count, t.last_received_at, v.indicator_count, v.figure_count, v.estimate_count, v.approximate_count,
    v.illustrative_count, v.last_graded_at
  from core.period p
  cross join (
    select count(*) filter (where owed_count > 0) as body_count,
      count(*) filter (where owed_count > 0 and is_on_time is not null) as received_body_count,
      count(*) filter (where owed_count > 0 and is_on_time) as on_time_body_count,
      coalesce(sum(owed_count), 0) as owed_count, coalesce(sum(answered_count), 0) as answered_count,
      max(received_at) as last_received_at
    from core.submission_tracker
    where plan_code = of_plan_code and obligation = 'quarterly_report' and period = of_period
  ) t
  cross join (
    select count(*) as indicator_count, count(*) filter (where value is not null) as figure_count,
      count(*) filter (where value is not null and is_estimate) as estimate_count,
      count(*) filter (where is_approximate) as approximate_count,
      count(*) filter (where is_illustrative) as illustrative_count, max(as_of) as last_graded_at
    from core.indicator_status
    where plan_code = of_plan_code and period = of_period and replaced_at is null and not is_withdrawn
  ) v
  where p.plan_code = of_plan_code and p.period = of_period
  on conflict (plan_code, period) do update set
    body_count = excluded.body_count, received_body_count = excluded.received_body_count,
    on_time_body_count = excluded.on_time_body_count, owed_count = excluded.owed_count,
    answered_count = excluded.answered_count, last_received_at = excluded.last_received_at,
    indicator_count = excluded.indicator_count, figure_count = excluded.figure_count,
    estimate_count = excluded.estimate_count, approximate_count = excluded.approximate_count,
    illustrative_count = excluded.illustrative_count, last_graded_at = excluded.last_graded_at
  where k.* is distinct from excluded.*;

  -- Only ever more: what was found once stays found
  insert into core.agency_mistake as k (
    plan_code, agency_code, rule, severity, file_count, finding_count, last_received_at)
  select f.plan_code, f.agency_code, n.rule, n.severity, count(distinct f.file_id), count(*), max(f.received_at)
  from intake.submission_file f join intake.finding n on n.file_id = f.file_id
  where f.plan_code = of_plan_code and f.agency_code = any(bodies) and n.severity <> 'info'
    and f.state in ('accepted', 'accepted_with_warnings', 'rejected')
  group by f.plan_code, f.agency_code, n.rule, n.severity
  on conflict (plan_code, agency_code, rule, severity) do update set
    file_count = excluded.file_count, finding_count = excluded.finding_count,
    last_received_at = excluded.last_received_at
  where k.* is distinct from excluded.*;
end
$$;
revoke all on function core.keep_period(text, text, text[], boolean) from public;
