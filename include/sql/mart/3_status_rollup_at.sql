-- How many indicators and tasks of one plan and period stand where, at an instant.
-- Of several reporters the first in the register leads. A task counts once for each body that leads it.
create or replace function mart.status_rollup_at(instant timestamptz, of_plan_code text, of_period text)
returns table (
  plan_code text, period text, subject text, grouping_kind text, group_code text, group_name text, group_order integer,
  status text, item_count integer, group_count integer)
language sql stable security definer rows 200
  set search_path = pg_catalog, pg_temp
  -- Right after a load the server knows little of what lies in its tables, and goes through one for each row of another;
  -- up to PostgreSQL 17 it thinks what it cannot do otherwise so dear then that it compiles it first
  set enable_nestloop = off set jit = off as $$
  with held as (
    select f.version_id from core.in_force_at(instant) f where f.plan_code = of_plan_code and f.period = of_period
  ),
  newest as (
    select distinct on (b.agency_code) b.agency_code, b.submission_id
    from intake.submission b
    where b.plan_code = of_plan_code and b.period = of_period and b.recorded_at <= instant
    order by b.agency_code, b.received_at desc, b.file_id desc
  ),
  told as (  -- the last row of a task, should a submission have several
    select e.task_ref, e.agency_code, e.state
    from core.task_progress e
    join (
      select max(o.task_progress_id) as task_progress_id
      from core.task_progress o join newest n using (submission_id, agency_code)
      where o.plan_code = of_plan_code and o.period = of_period
      group by o.submission_id, o.task_ref
    ) l using (task_progress_id)
    where e.plan_code = of_plan_code and e.period = of_period
  ),
  item as (
    select 'indicator' as subject, i.indicator_code as item, i.section_no as section_code,
      i.section_no || '. ' || i.section_title as section_name, i.row_order
    from core.version_indicator i where i.version_id = (select version_id from held)
    union all
    select case when t.is_collective then 'collective_task' else 'task' end, t.task_ref, t.section_ref,
      t.section_ref || '. ' || t.section_title, t.row_order
    from core.version_task t where t.version_id = (select version_id from held)
  ),
  stand as (
    select 'indicator' as subject, s.indicator_code as item, s.status, (
        select e.agency_code from core.version_reporter e
        where e.version_id = (select version_id from held) and e.indicator_code = s.indicator_code
        order by e.precedence limit 1
      ) as agency_code
    from mart.indicator_status_history s
    where s.plan_code = of_plan_code and s.period = of_period
      and s.as_of <= instant and (s.replaced_at is null or s.replaced_at > instant)
    union all
    select i.subject, i.item, coalesce(p.state, 'not_reported'), l.agency_code
    from core.version_task_lead l
    join item i on i.subject <> 'indicator' and i.item = l.task_ref
    left join told p using (task_ref, agency_code)
    where l.version_id = (select version_id from held)
  ),
  counted as (  -- by what stands and by who leads it; names come afterwards, to few rows
    select s.subject, s.item, s.agency_code, s.status, count(*) as item_count, grouping(s.item) = 1 as is_of_body
    from stand s group by grouping sets ((s.subject, s.item, s.status), (s.subject, s.agency_code, s.status))
  ),
  member as (
    select c.subject, c.status, c.item_count, g.*
    from counted c
    join item i using (subject, item)
    join core.plan p on p.plan_code = of_plan_code
    cross join lateral (values
      ('plan', p.plan_code, p.title, 0), ('section', i.section_code, i.section_name, i.row_order)
    ) g (grouping_kind, group_code, group_name, place)
    where not c.is_of_body and g.group_code is not null
    union all
    select c.subject, c.status, c.item_count, 'agency', a.agency_code, a.name, a.row_order
    from counted c
    join core.version_agency a on a.version_id = (select version_id from held) and a.agency_code = c.agency_code
    where c.is_of_body
  ),
  summed as (
    select m.subject, m.grouping_kind, m.group_code, m.group_name, min(m.place) as place, m.status,
      sum(m.item_count)::integer as item_count
    from member m group by m.subject, m.grouping_kind, m.group_code, m.group_name, m.status
  )
  select of_plan_code, of_period, c.subject, c.grouping_kind, c.group_code, c.group_name,
    min(c.place) over g, c.status, c.item_count, (sum(c.item_count) over g)::integer
  from summed c
  window g as (partition by c.subject, c.grouping_kind, c.group_code)
  order by c.subject, c.grouping_kind, 7, c.group_code, c.status
$$;

revoke all on function mart.status_rollup_at(timestamptz, text, text) from public;
grant execute on function mart.status_rollup_at(timestamptz, text, text) to tiendo_reader, tiendo_loader;

comment on function mart.status_rollup_at(timestamptz, text, text) is
  'mart.status_rollup of one plan and period as it stood at an instant.';
