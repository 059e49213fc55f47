-- Files of a batch that have no fate yet
select file_id, claim_id, receipt_no, sha256, name, channel, sender, sender_agency_code, received_at, landed_at,
  requeue_of, is_trial
from intake.submission_file
where file_id = any(:file_ids) and state is null
order by received_at, file_id
