-- The versions that count of the reports of some bodies
select n.agency_code, n.period, n.received_at, f.receipt_no
from intake.newest_submission n join intake.submission_file f using (file_id)
where n.plan_code = :plan_code and n.agency_code = any(:agencies)
