-- What became of these files, and of those that were packed in them, by body
with said as (
  select f.file_id
  from intake.submission_file f
  where f.file_id = any(:file_ids)
  union
  select u.file_id
  from intake.submission_file f
  cross join generate_series(1, 50) as packed (number)
  join intake.submission_file u on u.claim_id = f.claim_id || '!' || packed.number
  where f.file_id = any(:file_ids)
)
select coalesce(f.state, 'waiting') as state, coalesce(f.agency_code, f.sender_agency_code, '') as agency,
  count(*) as files
from intake.submission_file f
join said using (file_id)
group by 1, 2
order by 1, 2
