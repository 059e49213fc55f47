-- The settled files of a period of a plan (null: of no period, whatever the plan), in the order they came, and where
-- each was checked
select f.file_id, f.receipt_no, coalesce(f.agency_code, f.sender_agency_code, f.sender) as body, f.name, f.received_at,
  f.settled_at, f.state, r.receipt_no as requeue_of, d.receipt_no as duplicate_of, c.run, c.part, c.row_counts
from intake.submission_file f
left join intake.checked_file c using (file_id)
left join intake.submission_file r on r.file_id = f.requeue_of
left join intake.submission_file d on d.file_id = f.duplicate_of
where (f.plan_code = :plan_code or cast(:period as text) is null) and f.period is not distinct from :period and f.state is not null
order by f.received_at, f.file_id
