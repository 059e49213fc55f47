-- What the ledger holds under these claims
select claim_id, sha256 from intake.submission_file where claim_id = any(:claim_ids)
