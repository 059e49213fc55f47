-- The newest files of a body, whatever became of them
select f.receipt_no, f.name, f.period, f.received_at, f.channel, f.state, first.receipt_no as requeue_of,
  (select count(*) from intake.finding n where n.file_id = f.file_id and n.severity <> 'info') as finding_count
from intake.submission_file f
left join intake.submission_file first on first.file_id = f.requeue_of
where f.plan_code = :plan_code and (
    f.agency_code = :agency_code or f.agency_code is null and f.sender_agency_code = :agency_code)
  or f.state is null and f.sender_agency_code = :agency_code
order by f.received_at desc, f.file_id desc
limit 100
