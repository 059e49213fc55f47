-- Status that helps: the trend against the last period, roll-ups by section and body, and the record of each body.

-- The version that counts, as before, but sought body by body: sorting all that ever came took seconds with many plans
create index on intake.submission (plan_code, agency_code, period, received_at, file_id);
create or replace view intake.newest_submission as
  select s.submission_id, s.file_id, s.plan_code, s.agency_code, s.period, s.received_at
  from intake.submission s
  where not exists (
    select from intake.submission n
    where n.plan_code = s.plan_code and n.agency_code = s.agency_code and n.period = s.period
      and (n.received_at, n.file_id) > (s.received_at, s.file_id));

-- Trend --------------------------------------------------------------------------------------------------------------

create or replace view mart.indicator_status_history as
  select s.plan_code, s.period, s.as_of, s.indicator_code, i.label as indicator_name,
    i.section_no || '. ' || i.section_title as section, i.unit, s.agency_code, i.target_text, i.comparator,
    i.target_low, i.target_high, s.value, s.value_kind, s.value_basis, s.expected_value, s.ratio, s.status, s.margin,
    s.needed, s.explanation, s.rule_version, o.submission_id, f.sha256 as file_sha256, o.sheet, o.cell, i.row_order,
    i.row_kind, s.margin_up, s.margin_down, s.is_estimate, s.is_approximate, s.is_illustrative, s.observation_id,
    s.components, s.replaced_at, i.nature, i.direction
  from (
    select h.*, min(h.as_of) over (
        partition by h.plan_code, h.period, h.indicator_code order by h.indicator_status_id desc
        rows between unbounded preceding and 1 preceding) as replaced_at
    from core.indicator_status h
  ) s
  join core.indicator i on i.plan_code = s.plan_code and i.indicator_code = s.indicator_code
  left join core.observation o on o.observation_id = s.observation_id
  left join intake.submission b on b.submission_id = o.submission_id
  left join intake.submission_file f on f.file_id = b.file_id;

-- A function's columns cannot be added to in place
drop view mart.indicator_status;
drop function mart.indicator_status_at(timestamptz);

-- Inlined into the caller's query, as before. The last period is the latest earlier quarter of the year that has a
-- figure; a quarter before the first has no rows.
create function mart.indicator_status_at(instant timestamptz)
returns table (
  plan_code text, period text, as_of timestamptz, indicator_code text, indicator_name text, section text, unit text,
  agency_code text, target_text text, comparator text, target_low numeric, target_high numeric, value numeric,
  value_kind text, value_basis text, expected_value numeric, ratio numeric, status text, margin numeric, needed numeric,
  explanation text, rule_version text, submission_id bigint, file_sha256 text, sheet text, cell text,
  row_order integer, row_kind text, margin_up numeric, margin_down numeric, is_estimate boolean,
  is_approximate boolean, is_illustrative boolean, observation_id bigint, components jsonb, nature text,
  direction text, previous_period text, previous_value numeric, previous_status text, trend text)
language sql stable security invoker as $$
  select h.plan_code, h.period, h.as_of, h.indicator_code, h.indicator_name, h.section, h.unit, h.agency_code,
    h.target_text, h.comparator, h.target_low, h.target_high, h.value, h.value_kind, h.value_basis, h.expected_value,
    h.ratio, h.status, h.margin, h.needed, h.explanation, h.rule_version, h.submission_id, h.file_sha256, h.sheet,
    h.cell, h.row_order, h.row_kind, h.margin_up, h.margin_down, h.is_estimate, h.is_approximate, h.is_illustrative,
    h.observation_id, h.components, h.nature, h.direction, p.period, p.value, p.status,
    case
      when h.value is null or p.value is null or h.is_approximate or p.is_approximate then null
      else case sign(case
          when h.nature = 'flow' then round(h.ratio, 3) - round(p.ratio, 3)
          when h.direction = 'higher_better' then h.value - p.value
          when h.direction = 'lower_better' then p.value - h.value
          when h.direction = 'within_range' then
            greatest(h.target_low - p.value, p.value - h.target_high, 0)
              - greatest(h.target_low - h.value, h.value - h.target_high, 0)
        end) when 1 then 'better' when 0 then 'same' when -1 then 'worse' end
    end
  from mart.indicator_status_history h
  left join lateral (
    select e.period, e.value, e.status, e.ratio, e.is_approximate
    from (values (1), (2), (3)) q (back)
    join mart.indicator_status_history e
      on e.plan_code = h.plan_code and e.indicator_code = h.indicator_code
      and e.period = left(h.period, 6) || (right(h.period, 1)::integer - q.back)
    where e.as_of <= instant and (e.replaced_at is null or e.replaced_at > instant) and e.value is not null
    order by q.back
    limit 1
  ) p on true
  where h.as_of <= instant and (h.replaced_at is null or h.replaced_at > instant)
$$;

create view mart.indicator_status as
  select * from mart.indicator_status_at('infinity') order by plan_code, period, row_order;

-- Roll-ups -----------------------------------------------------------------------------------------------------------

-- Of several reporters the first in the register leads. A task counts once for each body that leads it.
create function mart.status_rollup_at(instant timestamptz, of_plan_code text, of_period text)
returns table (
  plan_code text, period text, subject text, grouping_kind text, group_code text, group_name text, group_order integer,
  status text, item_count integer, group_count integer)
language sql stable security definer set search_path = pg_catalog rows 200 as $$
  with newest as (
    select distinct on (b.agency_code) b.agency_code, b.submission_id
    from intake.submission b
    where b.plan_code = of_plan_code and b.period = of_period and b.recorded_at <= instant
    order by b.agency_code, b.received_at desc, b.file_id desc
  ),
  item as (
    select 'indicator' as subject, s.status, i.section_no as section_code,
      i.section_no || '. ' || i.section_title as section_name, i.row_order, r.agency_code
    from mart.indicator_status_at(instant) s
    join core.indicator i on i.plan_code = of_plan_code and i.indicator_code = s.indicator_code
    left join lateral (
      select e.agency_code from core.reporter e
      where e.plan_code = of_plan_code and e.indicator_code = s.indicator_code order by e.precedence limit 1
    ) r on true
    where s.plan_code = of_plan_code and s.period = of_period
    union all
    select case when t.is_collective then 'collective_task' else 'task' end, coalesce(p.state, 'not_reported'),
      t.section_ref, t.section_ref || '. ' || t.section_title, t.row_order, l.agency_code
    from core.task t
    join core.task_lead l on l.plan_code = t.plan_code and l.task_ref = t.task_ref
    left join newest n on n.agency_code = l.agency_code
    left join lateral (
      select e.state from core.task_progress e
      where e.plan_code = of_plan_code and e.period = of_period and e.task_ref = t.task_ref
        and e.agency_code = l.agency_code and e.submission_id = n.submission_id
      order by e.task_progress_id desc limit 1
    ) p on true
    where t.plan_code = of_plan_code
  ),
  member as (
    select i.subject, i.status, g.*
    from item i
    left join core.agency a on a.plan_code = of_plan_code and a.agency_code = i.agency_code
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

create view mart.status_rollup as
  select p.plan_code, p.period, r.subject, r.grouping_kind, r.group_code, r.group_name, r.group_order, r.status,
    r.item_count, r.group_count
  from core.period p
  cross join lateral mart.status_rollup_at('infinity', p.plan_code, p.period) r;

-- The record of each body --------------------------------------------------------------------------------------------

create index on intake.submission_file (plan_code, agency_code, period, received_at);
create index on intake.submission_file (sender_agency_code, received_at) where state = 'quarantined';

-- What was found wrong, by body and rule; what was only told (info) is no mistake
create function mart.agency_mistake_at(instant timestamptz, of_plan_code text)
returns table (
  plan_code text, agency_code text, rule text, severity text, file_count integer, finding_count integer,
  last_received_at timestamptz)
language sql stable security definer set search_path = pg_catalog rows 100 as $$
  select of_plan_code, f.agency_code, n.rule, n.severity, count(distinct f.file_id)::integer, count(*)::integer,
    max(f.received_at)
  from intake.submission_file f join intake.finding n on n.file_id = f.file_id
  where f.plan_code = of_plan_code and f.agency_code is not null and f.settled_at <= instant
    and f.state in ('accepted', 'accepted_with_warnings', 'rejected') and n.severity <> 'info'
  group by f.agency_code, n.rule, n.severity
  order by f.agency_code, 5 desc, 6 desc, n.rule
$$;

create view mart.agency_mistake as
  select p.plan_code, m.agency_code, m.rule, m.severity, m.file_count, m.finding_count, m.last_received_at
  from core.plan p
  cross join lateral mart.agency_mistake_at('infinity', p.plan_code) m;

-- Quarters count once they are due, or answered before that; what a letter excused does not count
create function mart.agency_record_at(instant timestamptz, of_plan_code text)
returns table (
  plan_code text, agency_code text, agency_name text, row_order integer, owed_count integer, received_count integer,
  on_time_count integer, late_count integer, missing_count integer, days_late_avg numeric, days_late_max integer,
  first_try_count integer, rejected_count integer, quarantined_count integer, own_plan_state text,
  own_plan_received_at timestamptz, own_plan_days_late integer, usual_rules text[])
language sql stable security definer set search_path = pg_catalog rows 30 as $$
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
      and extract(year from f.received_at at time zone 'Asia/Ho_Chi_Minh') = p.year
    group by f.sender_agency_code
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
  left join lateral (
    select k.agency_code, k.state, k.received_at, k.days_late
    from core.obligation b
    cross join lateral mart.submission_tracker_at(instant, of_plan_code, b.obligation, b.period) k
    where b.plan_code = of_plan_code and b.obligation = 'implementation_plan'
  ) o on o.agency_code = g.agency_code
  where g.plan_code = of_plan_code and g.is_obliged
  order by g.row_order
$$;

create view mart.agency_record as
  select p.plan_code, r.agency_code, r.agency_name, r.row_order, r.owed_count, r.received_count, r.on_time_count,
    r.late_count, r.missing_count, r.days_late_avg, r.days_late_max, r.first_try_count, r.rejected_count,
    r.quarantined_count, r.own_plan_state, r.own_plan_received_at, r.own_plan_days_late, r.usual_rules
  from core.plan p
  cross join lateral mart.agency_record_at(now(), p.plan_code) r;

grant select on mart.indicator_status, mart.status_rollup, mart.agency_mistake, mart.agency_record
  to tiendo_reader, tiendo_loader;
revoke all on function mart.indicator_status_at(timestamptz), mart.status_rollup_at(timestamptz, text, text),
  mart.agency_mistake_at(timestamptz, text), mart.agency_record_at(timestamptz, text) from public;
grant execute on function mart.indicator_status_at(timestamptz), mart.status_rollup_at(timestamptz, text, text),
  mart.agency_mistake_at(timestamptz, text), mart.agency_record_at(timestamptz, text)
  to tiendo_reader, tiendo_loader;

-- Comments -----------------------------------------------------------------------------------------------------------

comment on column mart.indicator_status_history.nature is
  'flow (adds up over the year), stock, ratio, growth, rank or index.';
comment on column mart.indicator_status_history.direction is
  'Which way is good: higher_better, lower_better, within_range, or none.';

-- What both relations hold is said once
do $$
declare told record;
begin
  for told in
    select a.attname, col_description(a.attrelid, a.attnum) as words
    from pg_attribute a
    where a.attrelid = 'mart.indicator_status_history'::regclass and a.attnum > 0 and not a.attisdropped
      and a.attname <> 'replaced_at'
  loop
    execute format('comment on column mart.indicator_status.%I is %L', told.attname, told.words);
  end loop;
end
$$;
comment on view mart.indicator_status is
  'The verdict on each indicator in each period, as it stands at present: one row per plan, period and indicator. The same for any instant: function indicator_status_at(instant).';
comment on column mart.indicator_status.as_of is
  'When this verdict was reached; it holds until a later row replaces it.';
comment on column mart.indicator_status.previous_period is
  'The latest earlier quarter of the year that has a figure; null when none has.';
comment on column mart.indicator_status.previous_value is 'The figure of that quarter, in unit.';
comment on column mart.indicator_status.previous_status is 'The verdict on that quarter.';
comment on column mart.indicator_status.trend is
  'better, worse or same than in previous_period, in the indicator''s own direction: of a flow by the ratio (to a tenth of a percent), of a band by the distance outside it, else by the value. Null where nothing can be compared: no figure, no direction, or an approximate figure.';

comment on view mart.status_rollup is
  'How many indicators and tasks stand where, for the plan, by section and by lead body: one row per subject, group and status that occurs. The same for any instant: function status_rollup_at(instant, plan_code, period).';
comment on column mart.status_rollup.plan_code is 'The plan.';
comment on column mart.status_rollup.period is 'The quarter.';
comment on column mart.status_rollup.subject is
  'indicator; task: a task and the body that leads it; collective_task: a task that every body leads, once for each.';
comment on column mart.status_rollup.grouping_kind is 'plan, section, or agency: the body that leads.';
comment on column mart.status_rollup.group_code is 'The plan, the section''s number or the body''s code.';
comment on column mart.status_rollup.group_name is 'Its name in Vietnamese.';
comment on column mart.status_rollup.group_order is 'Printed order of the groups.';
comment on column mart.status_rollup.status is
  'Of an indicator a status as in indicator_status, of a task a state as in task_status or not_reported.';
comment on column mart.status_rollup.item_count is 'How many stand there.';
comment on column mart.status_rollup.group_count is 'How many the group has in all.';

comment on view mart.agency_mistake is
  'What was found wrong in each body''s files: one row per body, rule and severity. The rules: docs/rules.md. The same for any instant: function agency_mistake_at(instant, plan_code).';
comment on column mart.agency_mistake.plan_code is 'The plan.';
comment on column mart.agency_mistake.agency_code is 'The body.';
comment on column mart.agency_mistake.rule is 'Id of the rule.';
comment on column mart.agency_mistake.severity is
  'critical (the file was sent back) or warning (loaded, an explanation asked for).';
comment on column mart.agency_mistake.file_count is 'In how many files.';
comment on column mart.agency_mistake.finding_count is 'At how many places.';
comment on column mart.agency_mistake.last_received_at is 'When the last such file came.';

comment on view mart.agency_record is
  'The record card of each obliged body: how punctually and soundly it has reported over the quarters that are due. One row per body. The same for any instant: function agency_record_at(instant, plan_code).';
comment on column mart.agency_record.plan_code is 'The plan.';
comment on column mart.agency_record.agency_code is 'The body.';
comment on column mart.agency_record.agency_name is 'Its name.';
comment on column mart.agency_record.row_order is 'Printed order in the register.';
comment on column mart.agency_record.owed_count is
  'Quarterly reports due by now, or accepted before that; without those a letter excused.';
comment on column mart.agency_record.received_count is 'Of these, accepted.';
comment on column mart.agency_record.on_time_count is 'Of these, with a first acceptable version in time.';
comment on column mart.agency_record.late_count is 'Of these, late.';
comment on column mart.agency_record.missing_count is 'Due and not accepted.';
comment on column mart.agency_record.days_late_avg is
  'Days late on average over the accepted ones, 0 for those in time; null when none was accepted.';
comment on column mart.agency_record.days_late_max is 'Most days late.';
comment on column mart.agency_record.first_try_count is
  'Quarters for which the first file that could be read was accepted.';
comment on column mart.agency_record.rejected_count is 'Files sent back.';
comment on column mart.agency_record.quarantined_count is
  'Files of the plan''s year from its inbox or address that were held back: unreadable or unsafe.';
comment on column mart.agency_record.own_plan_state is
  'Its own implementation plan: accepted, missing or exempt; null when none is owed.';
comment on column mart.agency_record.own_plan_received_at is 'When that came.';
comment on column mart.agency_record.own_plan_days_late is 'Days late of that; 0 when in time.';
comment on column mart.agency_record.usual_rules is
  'The rules most often broken, three at most, by number of files; all in agency_mistake.';
