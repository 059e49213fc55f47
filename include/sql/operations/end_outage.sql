-- Notes that it was reached
delete from intake.outage where subject = :subject
