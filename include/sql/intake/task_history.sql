-- What some bodies told of their tasks before an instant: of each body and period the newest report's
select distinct on (t.agency_code, t.task_ref, t.period)
  t.task_ref, t.agency_code as agency, t.period, t.state, t.completion_pct as completion, t.received_at
from core.task_progress t
join intake.submission s using (submission_id)
where t.plan_code = :plan_code and t.agency_code = any(:agencies)
  and t.received_at < cast(:received_at as timestamptz)
  and not exists (
    select from intake.submission n
    where (n.plan_code, n.agency_code, n.period) = (s.plan_code, s.agency_code, s.period)
      and n.received_at < cast(:received_at as timestamptz) and (n.received_at, n.file_id) > (s.received_at, s.file_id))
order by t.agency_code, t.task_ref, t.period, t.task_progress_id desc
