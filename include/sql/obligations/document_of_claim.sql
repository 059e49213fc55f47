-- The line of the ledger that a claim is entered as
select f.file_id, f.receipt_no, f.received_at
from intake.submission_file f
where f.claim_id = :claim_id
