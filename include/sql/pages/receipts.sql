-- Files whose receipt has a number (that of a file), or one of a range, or whose bytes have a hash that begins so
select f.receipt_no, f.name, f.plan_code, f.period, f.received_at, f.state,
  coalesce(f.agency_code, f.sender_agency_code) as agency_code
from intake.submission_file f
where f.file_id between :first and :last or (:sha256 <> '' and f.sha256 like :sha256 || '%')
order by f.file_id
limit 200
