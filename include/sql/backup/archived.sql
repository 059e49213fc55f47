-- Hashes of the files that the ledger says are in the archive
select distinct sha256 from intake.submission_file order by 1
