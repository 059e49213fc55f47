-- What could not be reached when it was last tried
select subject, since, detail from intake.outage order by subject
