-- What a body owed under a plan and what came of it, as of an instant: its lines of the trackers
select o.obligation, o.period, t.agency_code, t.agency_name, t.state, t.received_at, t.is_on_time, t.days_late, t.version,
  t.finding_count, coalesce(t.receipt_no, '') as receipt_no, t.extended_until, coalesce(t.letter_no, '') as letter_no,
  t.letter_on, t.due_at, t.owed_count, t.answered_count, t.completeness_pct, t.rejected_at
from core.obligation o
cross join lateral mart.submission_tracker_at(:instant, o.plan_code, o.obligation, o.period) t
where o.plan_code = :plan_code and t.agency_code = :agency_code
order by t.due_at, o.period
