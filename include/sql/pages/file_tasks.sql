-- What a file says of tasks
select t.task_ref, t.period, t.state, t.completion_pct, t.result, t.difficulty, t.proposal, t.sheet, t.cell
from core.task_progress t
where t.submission_id = :submission_id
order by t.task_progress_id
