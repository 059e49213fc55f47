-- Which of these ids are of mail that we sent
select message_id from intake.outgoing_mail where message_id = any(:message_ids)
