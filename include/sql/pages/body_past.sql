-- Of the quarters of other plans that were due from a body by an instant: how many, and in how many nothing acceptable came
-- in time. What a letter excused does not count
select count(*) as quarter_count, count(*) filter (where t.is_on_time is not true) as late_count
from core.obligation o
cross join lateral mart.submission_tracker_at(:instant, o.plan_code, o.obligation, o.period) t
where o.obligation = 'quarterly_report' and o.plan_code <> :plan_code and o.due_at <= :instant
  and t.agency_code = :agency_code and t.due_at <= :instant and t.state not in ('exempt', 'nothing_to_report')
