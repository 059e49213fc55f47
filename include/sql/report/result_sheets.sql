-- The bodies' result sheets of all editions, the oldest first; whether it was put into the body's outbox
select e.period, e.edition, s.key as agency_code, s.value as content_sha256,
  d.agency_code is not null as is_delivered,
  e.edition = max(e.edition) over (partition by e.period) as is_last
from core.edition e
cross join lateral jsonb_each_text(e.manifest -> 'result_sheets') s
left join core.result_sheet d
  on d.plan_code = e.plan_code and d.period = e.period and d.edition = e.edition and d.agency_code = s.key
where e.plan_code = :plan_code
order by e.period, e.edition, s.key
