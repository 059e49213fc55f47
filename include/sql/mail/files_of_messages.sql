-- The files that came with some messages, in the order in which they were attached
select p.mail_id, f.file_id, f.receipt_no, f.name, f.state, f.period, f.agency_code, f.receipt_path
from intake.mail_part p join intake.submission_file f using (claim_id)
where p.mail_id = any(:mail_ids)
order by p.mail_id, f.file_id
