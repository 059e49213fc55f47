-- What each lead body says of each task in the newest version of its report for a period, as of an instant
select distinct on (t.task_ref, t.agency_code) t.task_ref, t.agency_code, t.state, t.completion_pct, t.result,
  t.difficulty, t.proposal, t.sheet, t.cell, t.received_at, f.receipt_no, f.name as file_name,
  f.sha256 as file_sha256
from core.task_progress t
join intake.submission b using (submission_id)
join intake.submission_file f using (file_id)
where t.plan_code = :plan_code and t.period = :period and t.recorded_at <= :as_of and not exists (
  select from intake.submission n
  where (n.plan_code, n.agency_code, n.period) = (b.plan_code, b.agency_code, b.period)
    and n.recorded_at <= :as_of and (n.received_at, n.file_id) > (b.received_at, b.file_id))
order by t.task_ref, t.agency_code, t.task_progress_id desc
