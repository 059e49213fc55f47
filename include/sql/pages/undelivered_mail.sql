-- Mail given up or come back since an instant, the newest first
select o.kind, o.to_address, o.subject, o.created_at
from intake.outgoing_mail o
where o.created_at >= :since and not o.is_withdrawn and (o.given_up_at is not null or o.bounced_by is not null)
order by o.outgoing_id desc
limit 20
