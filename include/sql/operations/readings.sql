-- The fates of a file, one a reading, in order; the last may still be waited for
select f.file_id, f.receipt_no, f.state, f.sender_agency_code, f.agency_code as agency, f.period, f.settled_at,
  f.receipt_path as receipt
from intake.submission_file f
where f.file_id = :file_id or f.requeue_of = :file_id
order by f.file_id
