-- The files that came with some messages, in the order in which they were attached; those of an archive after it
select p.mail_id, f.file_id, f.receipt_no, f.name, f.state, f.plan_code, f.period, f.agency_code, f.receipt_path,
  f.marked_path, f.trial_verdict
from intake.mail_part p
cross join lateral (
  select p.claim_id
  union all
  select p.claim_id || '!' || packed.number from generate_series(1, 50) as packed (number)
) c (claim_id)
join intake.submission_file f on f.claim_id = c.claim_id
where p.mail_id = any(:mail_ids)
order by p.mail_id, f.file_id
