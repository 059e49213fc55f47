-- Requests for correction of a period's reports that wait for their answer at an instant
select g.name as agency_name, r.request_no, r.comment, r.asked_by, r.asked_at
from mart.correction_request r
join core.agency g using (plan_code, agency_code)
where r.plan_code = :plan_code and r.period = :period and r.asked_at <= :as_of
  and (r.answered_at is null or r.answered_at > :as_of)
order by r.asked_at, r.request_no
