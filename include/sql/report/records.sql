-- The record card of each body as of an instant
select agency_code, agency_name, owed_count, received_count, on_time_count, late_count, missing_count, days_late_avg,
  days_late_max, first_try_count, rejected_count, quarantined_count, own_plan_state, own_plan_received_at,
  own_plan_days_late
from mart.agency_record_at(:as_of, :plan_code)
order by row_order
