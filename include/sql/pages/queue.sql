-- How much waits for its fate and for being sent, since when, and when what last came and left
select w.file_count, w.oldest_landed_at, m.mail_count, m.oldest_created_at,
  (select max(sent_at) from intake.outgoing_mail) as last_sent_at,
  (select max(entered_at) from intake.mail_message) as last_mail_at
from (select count(*) as file_count, min(landed_at) as oldest_landed_at from intake.submission_file where state is null) w,
  (select count(*) as mail_count, min(created_at) as oldest_created_at
    from intake.outgoing_mail where sent_at is null and given_up_at is null) m
