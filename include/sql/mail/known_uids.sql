select uid from intake.mail_place where mailbox = :mailbox and uid_validity = :uid_validity
