-- For each waiting file, the first settled file with the same bytes from the same sender
select w.file_id, e.file_id as earlier_id, e.receipt_no, e.received_at, e.state, e.agency_code, e.period
from intake.submission_file w
cross join lateral (
  select f.file_id, f.receipt_no, f.received_at, f.state, f.agency_code, f.period
  from intake.submission_file f
  where f.sha256 = w.sha256 and f.state is not null
    and coalesce(f.sender_agency_code, f.sender) = coalesce(w.sender_agency_code, w.sender)
    and f.state <> 'duplicate'
  order by f.file_id
  limit 1
) e
where w.file_id = any(:file_ids) and w.requeue_of is null
