-- What bodies owe of one obligation and period, and what came of it, at an instant; null: all bodies.
-- Not inlined, being security definer; so what narrows the search are arguments, not conditions of the caller.
create or replace function core.submission_tracker_of(
  instant timestamptz, of_plan_code text, of_obligation text, of_period text, bodies text[])
returns table (
  plan_code text, period text, agency_code text, agency_name text, state text, received_at timestamptz,
  due_at timestamptz, is_on_time boolean, days_late integer, version integer, finding_count integer, receipt_no text,
  row_order integer, obligation text, general_due_at timestamptz, extended_until date, letter_no text, letter_on date,
  rejected_at timestamptz, owed_count integer, answered_count integer, completeness_pct numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp rows 30 as $$
  with held as (
    select v.version_id from core.in_force_at(instant) v where v.plan_code = of_plan_code and v.period = of_period
  ),
  letter as (
    select distinct on (e.agency_code) e.agency_code, e.kind, e.due_at, e.letter_no, e.letter_on
    from core.extension e
    where e.plan_code = of_plan_code and e.obligation = of_obligation and e.period = of_period
      and e.recorded_at <= instant and (bodies is null or e.agency_code = any(bodies))
    order by e.agency_code, e.extension_id desc
  ),
  came as (
    select b.agency_code, b.received_at, b.submission_id, b.version, f.file_id, f.state, f.receipt_no
    from intake.submission b join intake.submission_file f using (file_id)
    where of_obligation = 'quarterly_report' and b.plan_code = of_plan_code and b.period = of_period
      and b.recorded_at <= instant and (bodies is null or b.agency_code = any(bodies))
    union all
    select d.agency_code, d.received_at, null,
      (row_number() over (partition by d.agency_code order by d.document_id))::integer,
      f.file_id, f.state, f.receipt_no
    from intake.obligation_document d join intake.submission_file f using (file_id)
    where d.plan_code = of_plan_code and d.obligation = of_obligation and d.period = of_period
      and d.recorded_at <= instant and (bodies is null or d.agency_code = any(bodies))
  ),
  in_force as (
    select distinct on (c.agency_code) c.* from came c order by c.agency_code, c.received_at desc, c.file_id desc
  ),
  all_came as (
    select c.agency_code, min(c.received_at) as received_at, max(c.version) as version from came c group by c.agency_code
  ),
  refused as (
    select distinct on (f.agency_code) f.agency_code, f.received_at, f.file_id, f.receipt_no
    from intake.submission_file f
    where of_obligation = 'quarterly_report' and f.plan_code = of_plan_code and f.period = of_period
      and f.state = 'rejected' and f.agency_code is not null and f.settled_at <= instant
      and (bodies is null or f.agency_code = any(bodies))
    order by f.agency_code, f.received_at desc, f.file_id desc
  ),
  item as (
    select r.agency_code, exists (
        select from core.observation o
        where o.plan_code = of_plan_code and o.period = of_period and o.agency_code = r.agency_code
          and o.indicator_code = r.indicator_code and o.recorded_at <= instant
          and (o.is_correction or o.submission_id = n.submission_id)) as is_answered
    from held h
    join core.version_reporter r on r.version_id = h.version_id
    left join in_force n on n.agency_code = r.agency_code
    join core.version_indicator i on i.version_id = r.version_id and i.indicator_code = r.indicator_code
    where of_obligation = 'quarterly_report' and mart.period_number(of_period) = any(i.published_in)
      and (bodies is null or r.agency_code = any(bodies))
    union all
    select l.agency_code, exists (
        select from core.task_progress t
        where t.plan_code = of_plan_code and t.period = of_period and t.task_ref = l.task_ref
          and t.agency_code = l.agency_code and t.submission_id = n.submission_id)
    from held h
    join core.version_task_lead l on l.version_id = h.version_id
    left join in_force n on n.agency_code = l.agency_code
    where of_obligation = 'quarterly_report' and (bodies is null or l.agency_code = any(bodies))
    union all
    select g.agency_code, exists (select from came c where c.agency_code = g.agency_code)
    from held h
    join core.version_agency g on g.version_id = h.version_id and g.is_obliged
    where of_obligation <> 'quarterly_report' and (bodies is null or g.agency_code = any(bodies))
  ),
  complete as (
    select i.agency_code, count(*)::integer as owed, (count(*) filter (where i.is_answered))::integer as answered
    from item i group by i.agency_code
  ),
  body as (
    select p.plan_code, p.period, p.obligation, g.agency_code, g.name, g.row_order, p.due_at as general_due_at,
      case l.kind when 'extended' then l.due_at else p.due_at end as due_at,
      nullif(l.kind, 'revoked') as kind, l.letter_no, l.letter_on,
      -- Without a task, and where none of its indicators has a figure in the period, a body is asked for nothing
      f.file_id is null and (coalesce(l.kind in ('exempt', 'nothing_to_report'), false)
        or (p.obligation = 'quarterly_report' and coalesce(k.owed, 0) = 0)) as is_excused,
      f.file_id, f.state, c.version, f.receipt_no, c.received_at as first_at,
      r.file_id as refused_file_id, r.received_at as refused_at, r.receipt_no as refused_receipt_no,
      case when f.file_id is null or r.received_at > f.received_at then r.received_at end as uncorrected_at,
      coalesce(k.owed, 0) as owed, coalesce(k.answered, 0) as answered
    from core.obligation p
    cross join held h
    join core.version_agency g on g.version_id = h.version_id and g.is_obliged
    left join letter l on l.agency_code = g.agency_code
    left join in_force f on f.agency_code = g.agency_code
    left join all_came c on c.agency_code = g.agency_code
    left join refused r on r.agency_code = g.agency_code
    left join complete k on k.agency_code = g.agency_code
    where p.plan_code = of_plan_code and p.obligation = of_obligation and p.period = of_period
      and (bodies is null or g.agency_code = any(bodies))
  )
  select b.plan_code, b.period, b.agency_code, b.name,
    case when b.file_id is not null then b.state 
      when b.is_excused then case b.kind when 'exempt' then b.kind else 'nothing_to_report' end
      when b.refused_file_id is not null then 'rejected' else 'missing' end,
    coalesce(b.first_at, b.refused_at), b.due_at, b.first_at < b.due_at,
    case when b.first_at < b.due_at then 0
      else floor(extract(epoch from b.first_at - b.due_at) / 86400)::integer + 1 end,
    b.version,
    (select count(*) from intake.finding n where n.file_id = coalesce(b.file_id, b.refused_file_id))::integer,
    coalesce(b.receipt_no, b.refused_receipt_no), b.row_order, b.obligation, b.general_due_at,
    case b.kind when 'extended' then ((b.due_at at time zone 'Asia/Ho_Chi_Minh') - interval '1 microsecond')::date end,
    case when b.kind is not null then b.letter_no end, case when b.kind is not null then b.letter_on end,
    b.uncorrected_at,
    case when b.is_excused then 0 else b.owed end, case when b.is_excused then 0 else b.answered end,
    case when not b.is_excused and b.owed > 0 then round(100.0 * b.answered / b.owed, 1) end
  from body b
$$;

revoke all on function core.submission_tracker_of(timestamptz, text, text, text, text[]) from public;
