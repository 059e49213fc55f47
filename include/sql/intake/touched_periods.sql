-- The periods about which these files have said anything that was accepted.
select o.period
from core.observation o
join intake.submission s using (submission_id)
where s.file_id = any(:file_ids)
union
select s.period
from intake.submission s
where s.file_id = any(:file_ids)
order by period
