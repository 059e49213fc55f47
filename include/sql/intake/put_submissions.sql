-- Gives accepted files their place among the versions of their bodies' reports
insert into intake.submission (file_id, plan_code, agency_code, period, version, received_at, recorded_at)
select n.file_id, :plan_code, n.agency_code, n.period,
  coalesce((
    select max(s.version) from intake.submission s
    where s.plan_code = :plan_code and s.agency_code = n.agency_code and s.period = n.period), 0)
    + row_number() over (partition by n.agency_code, n.period order by n.received_at, n.file_id),
  n.received_at, :recorded_at
from unnest(
  cast(:file_ids as bigint[]), cast(:agencies as text[]), cast(:periods as text[]), cast(:received as timestamptz[])
) as n (file_id, agency_code, period, received_at)
returning file_id, submission_id, version
