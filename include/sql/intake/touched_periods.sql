-- The periods, with their plans, about which these files, and those that were packed in them, have said anything that
-- was accepted.
with said as (
  select f.file_id
  from intake.submission_file f
  where f.file_id = any(:file_ids)
  union all
  select u.file_id
  from intake.submission_file f
  cross join generate_series(1, 50) as packed (number)
  join intake.submission_file u on u.claim_id = f.claim_id || '!' || packed.number
  where f.file_id = any(:file_ids)
)
select o.plan_code, o.period
from core.observation o
join intake.submission s using (submission_id)
join said using (file_id)
union
select s.plan_code, s.period
from intake.submission s
join said using (file_id)
order by plan_code, period
