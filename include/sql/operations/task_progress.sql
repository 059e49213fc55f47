-- What a file says of tasks
select t.task_ref as task, t.period, t.state, t.completion_pct
from core.task_progress t
join intake.submission s using (submission_id)
where s.file_id = :file_id
order by t.task_progress_id
