select file_id, receipt_no, sha256, name, channel, sender, coalesce(agency_code, sender_agency_code) as agency, period,
  received_at, landed_at, settled_at, state, receipt_path as receipt
from intake.submission_file
order by file_id
