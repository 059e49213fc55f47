-- Files that had come for a period by an instant, and those that a printed figure rests on; what was only to be checked
-- is nobody's report
select f.receipt_no, f.name, f.sha256, f.size_bytes, f.sender as agency_name, f.agency_code as sender_code,
  coalesce(f.period, '') as period, f.state, f.received_at, f.receipt_no = any(:used) as is_used
from intake.submission_file f
where f.settled_at <= :as_of and f.state <> 'trial'
  and ((f.plan_code = :plan_code and f.period = :period) or f.receipt_no = any(:used))
order by f.file_id
