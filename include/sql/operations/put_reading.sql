-- Enters a file once more, to be read again: the same bytes, received when they were received
insert into intake.submission_file (
  claim_id, sha256, size_bytes, name, channel, sender, sender_agency_code, received_at, landed_at, requeue_of,
  is_trial)
select :claim_id, sha256, size_bytes, name, channel, sender, coalesce(:agency, sender_agency_code), received_at,
  :landed_at, file_id, is_trial
from intake.submission_file
where file_id = :file_id
returning file_id, receipt_no
