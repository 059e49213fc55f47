-- The record card of each body, at present
create or replace view mart.agency_record as
  select p.plan_code, g.agency_code, g.name as agency_name, g.row_order, coalesce(s.owed, 0) as owed_count,
    coalesce(s.received, 0) as received_count, coalesce(s.on_time, 0) as on_time_count,
    coalesce(s.late, 0) as late_count, coalesce(s.owed - s.received, 0) as missing_count, s.days_late_avg,
    s.days_late_max, coalesce(t.at_first, 0) as first_try_count, coalesce(t.rejected, 0) as rejected_count,
    coalesce(h.files, 0) as quarantined_count, o.state as own_plan_state, o.received_at as own_plan_received_at,
    o.days_late as own_plan_days_late, coalesce(u.rules[1:3], '{}') as usual_rules
  from core.plan p
  join core.agency g on g.plan_code = p.plan_code and g.is_obliged
  left join (
    select q.plan_code, q.agency_code, count(*)::integer as owed,
      (count(*) filter (where q.is_on_time is not null))::integer as received,
      (count(*) filter (where q.is_on_time))::integer as on_time,
      (count(*) filter (where not q.is_on_time))::integer as late,
      round(avg(q.days_late), 1) as days_late_avg, max(q.days_late) as days_late_max
    from core.submission_tracker q
    where q.obligation = 'quarterly_report' and q.state not in ('exempt', 'nothing_to_report')
      and (q.due_at <= now() or q.is_on_time is not null)
    group by q.plan_code, q.agency_code
  ) s on s.plan_code = g.plan_code and s.agency_code = g.agency_code
  left join (
    select a.plan_code, a.agency_code, (count(*) filter (where a.place = 1 and a.state <> 'rejected'))::integer as at_first,
      (count(*) filter (where a.state = 'rejected'))::integer as rejected
    from (
      select f.plan_code, f.agency_code, f.state, row_number() over (
          partition by f.plan_code, f.agency_code, f.period order by f.received_at, f.file_id) as place
      from intake.submission_file f
      where f.agency_code is not null and f.period is not null
        and f.state in ('accepted', 'accepted_with_warnings', 'rejected')
    ) a
    group by a.plan_code, a.agency_code
  ) t on t.plan_code = g.plan_code and t.agency_code = g.agency_code
  left join (
    select y.plan_code, f.sender_agency_code as agency_code, count(*)::integer as files
    from intake.submission_file f
    join core.plan y
      on extract(year from f.received_at at time zone 'Asia/Ho_Chi_Minh') between y.year and y.last_year
    where f.state = 'quarantined' and f.sender_agency_code is not null
    group by y.plan_code, f.sender_agency_code
  ) h on h.plan_code = g.plan_code and h.agency_code = g.agency_code
  left join core.submission_tracker o
    on o.plan_code = g.plan_code and o.agency_code = g.agency_code and o.obligation = 'implementation_plan'
  left join (
    select m.plan_code, m.agency_code, array_agg(m.rule order by m.files desc, m.places desc, m.rule) as rules
    from (
      select k.plan_code, k.agency_code, k.rule, sum(k.file_count) as files, sum(k.finding_count) as places
      from core.agency_mistake k group by k.plan_code, k.agency_code, k.rule
    ) m
    group by m.plan_code, m.agency_code
  ) u on u.plan_code = g.plan_code and u.agency_code = g.agency_code;

grant select on mart.agency_record to tiendo_reader, tiendo_loader;

comment on view mart.agency_record is
  'The record card of each obliged body: how punctually and soundly it has reported over the periods that are due. One row per body. The same for any instant: function agency_record_at(instant, plan_code).';
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
comment on column mart.agency_record.days_late_max is 'Most days late; null when none was accepted.';
comment on column mart.agency_record.first_try_count is
  'Quarters for which the first file that could be read was accepted.';
comment on column mart.agency_record.rejected_count is 'Files sent back.';
comment on column mart.agency_record.quarantined_count is
  'Files of the plan''s year from its inbox or address that were held back: unreadable or unsafe.';
comment on column mart.agency_record.own_plan_state is
  'Its own implementation plan: accepted, missing or exempt; null when none is owed.';
comment on column mart.agency_record.own_plan_received_at is 'When that came; null when it has not.';
comment on column mart.agency_record.own_plan_days_late is 'Days late of that, 0 when in time; null when it has not come.';
comment on column mart.agency_record.usual_rules is
  'The rules most often broken, three at most, by number of files; all in agency_mistake.';
