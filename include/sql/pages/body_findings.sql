-- What a body has not mended: of the reports that count what needs an explanation, of later refused files what was wrong
with refused as (
  select distinct on (f.period) f.file_id, f.period, f.received_at
  from intake.submission_file f
  where f.plan_code = :plan_code and f.agency_code = :agency_code and f.state = 'rejected'
  order by f.period, f.received_at desc, f.file_id desc
),
open as (
  select n.file_id from intake.newest_submission n
  where n.plan_code = :plan_code and n.agency_code = :agency_code
  union all
  select r.file_id from refused r
  where not exists (
    select from intake.submission s
    where s.plan_code = :plan_code and s.agency_code = :agency_code and s.period = coalesce(r.period, s.period)
      and s.received_at >= r.received_at)
)
select f.receipt_no, f.period, n.rule, n.severity, n.sheet, n.cell, n.message, n.fix
from open
join intake.submission_file f using (file_id)
join intake.finding n using (file_id)
where n.severity <> 'info'
order by f.received_at desc, n.severity, n.finding_id
