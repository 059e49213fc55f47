-- What was found in some files, each thing once, however many cells it concerns
select file_id, rule, severity, message, fix, count(*) as places, min(finding_id) as first_id
from intake.finding
where file_id = any(:file_ids)
group by file_id, rule, severity, message, fix
order by file_id, array_position(array['critical', 'warning', 'info'], severity), min(finding_id)
