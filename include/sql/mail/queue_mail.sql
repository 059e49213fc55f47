-- Queues one mail; what was said about the same thing to the same address is not said again
insert into intake.outgoing_mail (message_id, kind, about, to_address, subject, in_reply_to, thread_references,
  text_body, html_body, attachments, created_at, next_attempt_at)
values (:message_id, :kind, :about, :to_address, :subject, :in_reply_to, :thread_references,
  :text_body, :html_body, :attachments, :created_at, :created_at)
on conflict do nothing
