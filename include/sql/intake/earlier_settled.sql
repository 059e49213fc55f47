select file_id, receipt_no, received_at, state
from intake.submission_file
where sha256 = :sha256 and state is not null and state <> 'duplicate'
  and coalesce(sender_agency_code, nullif(sender, ''), agency_code) = :sender
order by file_id
limit 1
