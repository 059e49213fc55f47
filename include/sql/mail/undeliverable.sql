-- Mail that was given up or came back, and of which operations were not told
select o.outgoing_id, o.kind, o.to_address, o.subject, o.created_at, coalesce(nullif(m.reason, ''), o.last_error) as reason
from intake.outgoing_mail o
left join intake.mail_message m on m.mail_id = o.bounced_by
where o.told_at is null and not o.is_withdrawn and (o.given_up_at is not null or o.bounced_by is not null)
order by o.outgoing_id
