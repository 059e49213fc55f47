-- The tracker at an instant, with the requests for correction that waited for their answer then
select t.*, (
    select max(c.asked_at) from mart.correction_request c
    where c.plan_code = t.plan_code and c.period = t.period and c.agency_code = t.agency_code
      and c.asked_at <= :instant and (c.answered_at is null or c.answered_at > :instant)
  ) as correction_asked_at
from mart.submission_tracker_at(:instant, :plan_code, :obligation, :period) t
