-- What was broken by the rows of files
select file_id, suite, rule, severity, row_number, sheet, cell, fate
from intake.broken_rule
where file_id = any(:file_ids)
order by broken_rule_id
