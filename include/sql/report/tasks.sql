-- What each lead body last said of each task for a period, as of an instant
select distinct on (t.task_ref, t.agency_code) t.task_ref, t.agency_code, t.state, t.completion_pct, t.result,
  t.difficulty, t.proposal, t.sheet, t.cell, t.received_at, f.receipt_no, f.name as file_name,
  f.sha256 as file_sha256
from core.task_progress t
join intake.submission b using (submission_id)
join intake.submission_file f using (file_id)
where t.plan_code = :plan_code and t.period = :period and t.recorded_at <= :as_of
order by t.task_ref, t.agency_code, t.received_at desc, t.task_progress_id desc
