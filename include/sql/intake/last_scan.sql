-- When a channel was last looked through to the end
select max(completed_at) from intake.scan where channel = :channel
