-- Under which numbers messages of a mailbox were seen before
select uid from intake.mail_place where mailbox = :mailbox and uid_validity = :uid_validity
