-- How many indicators and tasks of one plan and period stand where, at an instant.
-- Of several reporters the first in the register leads. A task counts once for each body that leads it.
create or replace function mart.status_rollup_at(instant timestamptz, of_plan_code text, of_period text)
returns table (
  plan_code text, period text, subject text, grouping_kind text, group_code text, group_name text, group_order integer,
  status text, item_count integer, group_count integer)
language sql stable security definer set search_path = pg_catalog, pg_temp rows 200 as $$
  with held as (
    select f.version_id from core.in_force_at(instant) f where f.plan_code = of_plan_code and f.period = of_period
  ),
  newest as (
    select distinct on (b.agency_code) b.agency_code, b.submission_id
    from intake.submission b
    where b.plan_code = of_plan_code and b.period = of_period and b.recorded_at <= instant
    order by b.agency_code, b.received_at desc, b.file_id desc
  ),
  item as (
    select 'indicator' as subject, s.status, i.section_no as section_code,
      i.section_no || '. ' || i.section_title as section_name, i.row_order, r.agency_code
    from mart.indicator_status_history s
    join held h on true
    join core.version_indicator i on i.version_id = h.version_id and i.indicator_code = s.indicator_code
    left join lateral (
      select e.agency_code from core.version_reporter e
      where e.version_id = h.version_id and e.indicator_code = s.indicator_code order by e.precedence limit 1
    ) r on true
    where s.plan_code = of_plan_code and s.period = of_period
      and s.as_of <= instant and (s.replaced_at is null or s.replaced_at > instant)
    union all
    select case when t.is_collective then 'collective_task' else 'task' end, coalesce(p.state, 'not_reported'),
      t.section_ref, t.section_ref || '. ' || t.section_title, t.row_order, l.agency_code
    from held h
    join core.version_task t on t.version_id = h.version_id
    join core.version_task_lead l on l.version_id = t.version_id and l.task_ref = t.task_ref
    left join newest n on n.agency_code = l.agency_code
    left join lateral (
      select e.state from core.task_progress e
      where e.plan_code = of_plan_code and e.period = of_period and e.task_ref = t.task_ref
        and e.agency_code = l.agency_code and e.submission_id = n.submission_id
      order by e.task_progress_id desc limit 1
    ) p on true
  ),
  member as (
    select i.subject, i.status, g.*
    from item i
    left join core.version_agency a on a.version_id = (select version_id from held) and a.agency_code = i.agency_code
    join core.plan p on p.plan_code = of_plan_code
    cross join lateral (values
      ('plan', p.plan_code, p.title, 0),
      ('section', i.section_code, i.section_name, i.row_order),
      ('agency', a.agency_code, a.name, a.row_order)
    ) g (grouping_kind, group_code, group_name, place)
    where g.group_code is not null
  ),
  counted as (
    select m.subject, m.grouping_kind, m.group_code, m.group_name, min(m.place) as place, m.status,
      count(*)::integer as item_count
    from member m group by m.subject, m.grouping_kind, m.group_code, m.group_name, m.status
  )
  select of_plan_code, of_period, c.subject, c.grouping_kind, c.group_code, c.group_name,
    min(c.place) over g, c.status, c.item_count, (sum(c.item_count) over g)::integer
  from counted c
  window g as (partition by c.subject, c.grouping_kind, c.group_code)
  order by c.subject, c.grouping_kind, 7, c.group_code, c.status
$$;

revoke all on function mart.status_rollup_at(timestamptz, text, text) from public;
grant execute on function mart.status_rollup_at(timestamptz, text, text) to tiendo_reader, tiendo_loader;

comment on function mart.status_rollup_at(timestamptz, text, text) is
  'mart.status_rollup of one plan and period as it stood at an instant.';
