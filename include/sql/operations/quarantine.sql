-- Files held back that no later reading has let through, the oldest first, and whether their sender has since sent a sound one
select f.receipt_no, f.sha256, f.name, f.size_bytes as size, f.channel, f.sender, f.sender_agency_code as agency, f.plan_code as plan,
  f.period, f.received_at, f.settled_at, f.receipt_path as receipt, f.reading_failure,
  array(select n.rule from intake.finding n where n.file_id = f.file_id order by n.finding_id) as rules,
  exists (
    select from intake.submission_file r
    where r.sender_agency_code = f.sender_agency_code and r.received_at > f.received_at
      and r.state in ('accepted', 'accepted_with_warnings')) as is_replaced,
  array(select n.message from intake.finding n where n.file_id = f.file_id order by n.finding_id) as messages
from intake.submission_file f
where f.state = 'quarantined' and f.requeue_of is null and not exists (
  select from intake.submission_file r
  where r.requeue_of = f.file_id and r.state <> 'quarantined')
order by f.file_id
