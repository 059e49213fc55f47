-- Every file that ever came, with its fate, in the order of landing
select file_id, receipt_no, sha256, name, channel, sender, coalesce(agency_code, sender_agency_code) as agency, plan_code as plan,
  period, received_at, landed_at, settled_at, state, trial_verdict, reading_failure, receipt_path as receipt,
  (select r.receipt_no from intake.submission_file r where r.file_id = f.requeue_of) as requeue_of
from intake.submission_file f
order by file_id
