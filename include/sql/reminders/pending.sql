-- Reminders that wait to be sent, and whether a later one about the same was entered meanwhile
select o.outgoing_id, r.agency_code, r.obligation, r.period, r.occasion, r.due_at,
  exists (
    select from core.reminder later
    where (later.plan_code, later.obligation, later.period, later.agency_code)
      = (r.plan_code, r.obligation, r.period, r.agency_code) and later.occasion_at > r.occasion_at) as is_overtaken
from intake.outgoing_mail o
join core.reminder r on o.about = 'reminder-' || r.reminder_id
where o.kind = 'reminder' and o.sent_at is null and o.given_up_at is null and r.plan_code = :plan_code
order by o.outgoing_id
