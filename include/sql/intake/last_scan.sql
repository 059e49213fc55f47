select max(completed_at) from intake.scan where channel = :channel
