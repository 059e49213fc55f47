-- Every reminder of a plan in the order entered, with what became of its mail
select r.reminder_id, r.obligation, r.period, r.agency_code, g.name as agency_name, r.occasion, r.occasion_at, r.due_at,
  r.recorded_at, r.path, r.to_address,
  case
    when o.outgoing_id is null then 'outbox'
    when o.is_withdrawn then 'withdrawn'
    when o.bounced_by is not null or o.given_up_at is not null then 'undeliverable'
    when o.sent_at is not null then 'sent'
    else 'waiting'
  end as delivery,
  o.sent_at, coalesce(o.last_error, '') as last_error
from core.reminder r
join core.agency g on g.plan_code = r.plan_code and g.agency_code = r.agency_code
left join intake.outgoing_mail o on o.kind = 'reminder' and o.about = 'reminder-' || r.reminder_id
where r.plan_code = :plan_code and (cast(:period as text) is null or r.period = :period)
order by r.reminder_id
