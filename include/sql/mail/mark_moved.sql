-- Notes to which folder messages were moved
update intake.mail_message set moved_to = :folder, moved_at = :moved_at
where mail_id = any(:mail_ids) and moved_at is null
