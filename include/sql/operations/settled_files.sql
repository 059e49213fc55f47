-- The first line of every file whose last reading spoke of a period, or of none that could be told, in the order they came
select f.file_id, f.claim_id, f.receipt_no, f.sha256, f.name, f.channel, f.sender, f.sender_agency_code, f.received_at,
  f.landed_at, f.requeue_of
from intake.submission_file f
cross join lateral (
  select r.state, r.period
  from intake.submission_file r
  where coalesce(r.requeue_of, r.file_id) = f.file_id and r.state is not null
  order by r.file_id desc
  limit 1) last
where f.plan_code = :plan_code and f.requeue_of is null and not f.is_trial and f.duplicate_of is null
  and (last.period = :period or (last.period is null and last.state in ('rejected', 'quarantined')))
order by f.received_at, f.file_id
