-- Notes at a report which mail of ours it concerns, and at that mail, where the report is final, that it did not arrive
with concerned as (
  select outgoing_id from intake.outgoing_mail
  where message_id = any(:message_ids)
  order by array_position(:message_ids, message_id)
  limit 1
), noted as (
  update intake.mail_message m set bounce_of = c.outgoing_id from concerned c where m.mail_id = :mail_id
)
update intake.outgoing_mail o set bounced_by = :mail_id from concerned c
where o.outgoing_id = c.outgoing_id and :is_final and o.bounced_by is null
