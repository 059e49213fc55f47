-- The first arrivals of a file named by its hash or by any of its receipts; repetitions and re-readings lead to the first
select distinct r.file_id, r.claim_id, r.receipt_no, r.sha256, r.name, r.channel, r.sender, r.sender_agency_code,
  r.received_at, r.landed_at, r.requeue_of, r.is_trial, case when r.period is not null then r.plan_code end as plan_code
from intake.submission_file f
join intake.submission_file d on d.file_id = coalesce(f.duplicate_of, f.file_id)
join intake.submission_file r on r.file_id = coalesce(d.requeue_of, d.file_id)
where f.sha256 = :subject or f.receipt_no = :subject
order by r.file_id
