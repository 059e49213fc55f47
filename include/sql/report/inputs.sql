-- Files that had come for a period by an instant, and those that a printed figure rests on
select f.receipt_no, f.name, f.sha256, f.size_bytes, coalesce(g.name, f.sender) as agency_name,
  coalesce(f.period, '') as period, f.state, f.received_at, f.receipt_no = any(:used) as is_used
from intake.submission_file f
left join core.agency g on (g.plan_code, g.agency_code) = (:plan_code, f.agency_code)
where f.settled_at <= :as_of
  and ((f.plan_code = :plan_code and f.period = :period) or f.receipt_no = any(:used))
order by f.file_id
