-- Open incidents, the oldest first, and when the mail about each left
select i.incident_id, i.subject, i.since, i.detail, i.told_at, i.well_since,
  (select max(o.sent_at) from intake.outgoing_mail o where o.kind = 'operations' and o.about = 'incident-' || i.incident_id) as sent_at
from intake.incident i
where i.closed_at is null
order by i.since, i.incident_id
