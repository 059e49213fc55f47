-- What some messages carried that was not taken as a report
select mail_id, name, fate from intake.mail_part where mail_id = any(:mail_ids) and fate <> 'landed' order by mail_id, part
