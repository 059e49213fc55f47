-- What was done by hand with a file, by the receipt of its first line
select done_at, done_by, act, reason from intake.audit
where subject = :receipt_no
order by audit_id
