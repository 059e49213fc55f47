-- Bodies asked to correct a period's report: from when, and when the first file that answers it was taken in
select r.agency_code, r.period, r.asked_at, (
    select min(f.landed_at)
    from intake.submission b join intake.submission_file f using (file_id)
    where b.plan_code = r.plan_code and b.period = r.period and b.agency_code = r.agency_code
      and f.landed_at >= r.asked_at and f.requeue_of is null
  ) as answered_at
from core.correction_request r
where r.plan_code = :plan_code
