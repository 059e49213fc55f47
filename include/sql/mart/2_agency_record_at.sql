-- The record card of each body of one plan at an instant.
-- Quarters count once they are due, or answered before that; what a letter excused does not count.
create or replace function mart.agency_record_at(instant timestamptz, of_plan_code text)
returns table (
  plan_code text, agency_code text, agency_name text, row_order integer, owed_count integer, received_count integer,
  on_time_count integer, late_count integer, missing_count integer, days_late_avg numeric, days_late_max integer,
  first_try_count integer, rejected_count integer, quarantined_count integer, own_plan_state text,
  own_plan_received_at timestamptz, own_plan_days_late integer, usual_rules text[])
language sql stable strict security definer set search_path = pg_catalog, pg_temp rows 30 as $$
  with quarter as (
    select t.agency_code, t.period, t.days_late, t.is_on_time, t.is_on_time is not null as is_received
    from core.period p
    cross join lateral mart.submission_tracker_at(instant, of_plan_code, 'quarterly_report', p.period) t
    where p.plan_code = of_plan_code and t.state not in ('exempt', 'nothing_to_report')
      and (t.due_at <= instant or t.is_on_time is not null)
  ),
  attempt as (
    select f.agency_code, f.period, f.state,
      row_number() over (partition by f.agency_code, f.period order by f.received_at, f.file_id) as place
    from intake.submission_file f
    where f.plan_code = of_plan_code and f.agency_code is not null and f.period is not null
      and f.settled_at <= instant and f.state in ('accepted', 'accepted_with_warnings', 'rejected')
  ),
  tried as (
    select a.agency_code, (count(*) filter (where a.place = 1 and a.state <> 'rejected'))::integer as at_first,
      (count(*) filter (where a.state = 'rejected'))::integer as rejected
    from attempt a group by a.agency_code
  ),
  summed as (
    select q.agency_code, count(*)::integer as owed, (count(*) filter (where q.is_received))::integer as received,
      (count(*) filter (where q.is_on_time))::integer as on_time,
      (count(*) filter (where not q.is_on_time))::integer as late,
      round(avg(q.days_late), 1) as days_late_avg, max(q.days_late) as days_late_max
    from quarter q group by q.agency_code
  ),
  held as (
    select f.sender_agency_code as agency_code, count(*)::integer as files
    from intake.submission_file f join core.plan p on p.plan_code = of_plan_code
    where f.state = 'quarantined' and f.sender_agency_code is not null and f.settled_at <= instant
      and extract(year from f.received_at at time zone 'Asia/Ho_Chi_Minh') between p.year and p.last_year
    group by f.sender_agency_code
  ),
  -- Materialized: joined as it stands, it would be worked out anew for each body
  own_plan as materialized (
    select k.agency_code, k.state, k.received_at, k.days_late
    from core.obligation b
    cross join lateral mart.submission_tracker_at(instant, of_plan_code, b.obligation, b.period) k
    where b.plan_code = of_plan_code and b.obligation = 'implementation_plan'
  ),
  usual as (
    select m.agency_code, array_agg(m.rule order by m.files desc, m.places desc, m.rule) as rules
    from (
      select k.agency_code, k.rule, sum(k.file_count) as files, sum(k.finding_count) as places
      from mart.agency_mistake_at(instant, of_plan_code) k group by k.agency_code, k.rule
    ) m
    group by m.agency_code
  )
  select of_plan_code, g.agency_code, g.name, g.row_order, coalesce(s.owed, 0), coalesce(s.received, 0),
    coalesce(s.on_time, 0), coalesce(s.late, 0), coalesce(s.owed - s.received, 0), s.days_late_avg, s.days_late_max,
    coalesce(t.at_first, 0), coalesce(t.rejected, 0), coalesce(h.files, 0), o.state, o.received_at, o.days_late,
    coalesce(u.rules[1:3], '{}')
  from core.agency g
  left join summed s on s.agency_code = g.agency_code
  left join tried t on t.agency_code = g.agency_code
  left join held h on h.agency_code = g.agency_code
  left join usual u on u.agency_code = g.agency_code
  left join own_plan o on o.agency_code = g.agency_code
  where g.plan_code = of_plan_code and g.is_obliged
  order by g.row_order
$$;

revoke all on function mart.agency_record_at(timestamptz, text) from public;
grant execute on function mart.agency_record_at(timestamptz, text) to tiendo_reader, tiendo_loader;

comment on function mart.agency_record_at(timestamptz, text) is
  'mart.agency_record of one plan as it stood at an instant.';
