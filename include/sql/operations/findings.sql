-- What was found in a file
select rule, severity, sheet, cell, message, found, expected, fix
from intake.finding
where file_id = :file_id
order by finding_id
