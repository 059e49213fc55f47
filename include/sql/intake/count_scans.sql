-- How many scans of a channel were ever completed
select count(*) from intake.scan where channel = :channel
