-- The outgoing mail that a report about undeliverable mail concerns
update intake.outgoing_mail set bounced_by = :mail_id where message_id = any(:message_ids) and bounced_by is null
returning to_address
