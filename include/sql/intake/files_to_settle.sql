-- Files of a batch that have no fate yet
select f.file_id, f.claim_id, f.receipt_no, f.sha256, f.name, f.channel, f.sender, f.sender_agency_code, f.received_at,
  f.landed_at, f.requeue_of, f.is_trial, r.plan_code
from intake.submission_file f
left join intake.submission_file r on r.file_id = f.requeue_of and r.period is not null
where f.file_id = any(:file_ids) and f.state is null
order by f.received_at, f.file_id
