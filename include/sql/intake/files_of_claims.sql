-- The files that some claims are entered as, in order
select file_id, receipt_no, name
from intake.submission_file
where claim_id = any(cast(:claim_ids as text[]))
order by file_id
