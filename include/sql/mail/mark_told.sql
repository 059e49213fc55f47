-- Notes that operations were told of mail that could not be delivered
update intake.outgoing_mail set told_at = :told_at where outgoing_id = any(:outgoing_ids) and told_at is null
