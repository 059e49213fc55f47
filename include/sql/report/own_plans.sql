-- Who had sent an implementation plan by an instant
select t.agency_code, t.agency_name, t.state, t.received_at, t.is_on_time, t.days_late, t.version, t.finding_count,
  coalesce(t.receipt_no, '') as receipt_no, t.extended_until, coalesce(t.letter_no, '') as letter_no, t.letter_on,
  t.due_at, t.owed_count, t.answered_count, t.completeness_pct
from mart.submission_tracker_at(:as_of, :plan_code, 'implementation_plan', :year) t
