-- The files landed between two instants, of the newest ones, the newest first, each with its gravest finding
select f.receipt_no, f.name, f.channel, f.sender, coalesce(f.agency_code, f.sender_agency_code) as agency_code, f.plan_code,
  f.period, f.received_at, f.state, f.trial_verdict, n.message, n.finding_count,
  (select r.receipt_no from intake.submission_file r where r.file_id = f.requeue_of) as requeue_of
from (select * from intake.submission_file order by file_id desc limit :most) f
left join lateral (
  select (array_agg(i.message order by array_position(array['critical', 'warning', 'info'], i.severity), i.finding_id))[1] as message,
    count(*) as finding_count
  from intake.finding i where i.file_id = f.file_id) n on true
where f.landed_at between :since and :instant
order by f.file_id desc
