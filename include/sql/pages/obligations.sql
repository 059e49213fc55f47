-- What every body owes in a year and what came of it, as of an instant, with requests for correction not answered then
select t.obligation, t.period, t.agency_code, t.agency_name, t.state, t.received_at, t.due_at, t.is_on_time, t.days_late,
  t.receipt_no, t.rejected_at, t.extended_until, t.letter_no,
  (select max(c.asked_at) from mart.correction_request c
    where c.plan_code = t.plan_code and c.period = t.period and c.agency_code = t.agency_code
      and o.obligation = 'quarterly_report' and c.asked_at <= :instant
      and (c.answered_at is null or c.answered_at > :instant)) as correction_asked_at
from core.obligation o
cross join lateral mart.submission_tracker_at(:instant, o.plan_code, o.obligation, o.period) t
where o.plan_code = :plan_code
order by t.row_order, o.due_at
