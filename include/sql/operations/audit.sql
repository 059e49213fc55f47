-- Everything that was done by hand, in order
select audit_id, done_at, done_by, act, subject, reason, details from intake.audit order by audit_id
