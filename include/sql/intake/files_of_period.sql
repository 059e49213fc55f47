-- The latest reading of every file that spoke of a period, refused ones included, in the order they came
select f.file_id, f.claim_id, f.receipt_no, f.sha256, f.name, f.channel, f.sender, f.sender_agency_code, f.received_at,
  f.landed_at, f.requeue_of
from intake.submission_file f
where f.plan_code = :plan_code and f.period = :period and f.state in ('accepted', 'accepted_with_warnings', 'rejected')
  and not exists (
    select from intake.submission_file later
    where later.requeue_of = coalesce(f.requeue_of, f.file_id) and later.file_id > f.file_id and later.state is not null)
order by f.received_at, f.file_id
