-- Of the periods that were due from a body by an instant, under this and the province's earlier plans: how many, and in how
-- many nothing acceptable came in time. What a letter excused, or where the plan asked for nothing, does not count
select count(*) as quarter_count,
  count(*) filter (where came.received_at is null or came.received_at >= due.due_at) as late_count
from core.plan this
join core.plan p on p.province = this.province and p.year <= this.year
join core.obligation o on o.plan_code = p.plan_code and o.obligation = 'quarterly_report'
join core.in_force_at(:instant) v on v.plan_code = p.plan_code and v.period = o.period
join core.version_agency g on g.version_id = v.version_id and g.agency_code = :agency_code and g.is_obliged
left join lateral (
  select e.kind, e.due_at from core.extension e
  where (e.plan_code, e.obligation, e.period, e.agency_code) = (o.plan_code, o.obligation, o.period, g.agency_code)
    and e.recorded_at <= :instant
  order by e.extension_id desc
  limit 1
) letter on true
cross join lateral (
  select case letter.kind when 'extended' then letter.due_at else o.due_at end as due_at
) due
cross join lateral (
  select min(s.received_at) as received_at from intake.submission s
  where (s.plan_code, s.agency_code, s.period) = (o.plan_code, g.agency_code, o.period) and s.recorded_at <= :instant
) came
where this.plan_code = :plan_code and due.due_at <= :instant
  and (came.received_at is not null or coalesce(letter.kind not in ('exempt', 'nothing_to_report'), true))
  and (
    came.received_at is not null
    or exists (
      select from core.reporter r join core.indicator i using (plan_code, indicator_code)
      where r.plan_code = o.plan_code and r.agency_code = g.agency_code
        and mart.period_number(o.period) = any(i.published_in))
    or exists (select from core.task_lead l where l.plan_code = o.plan_code and l.agency_code = g.agency_code))
