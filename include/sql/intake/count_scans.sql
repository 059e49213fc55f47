select count(*) from intake.scan where channel = :channel
