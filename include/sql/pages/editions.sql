-- The editions of a period, the newest first: to whom each went by mail, who got none, and the result sheets put out
select e.edition, e.published_at, e.approved_by, e.as_of >= p.closing_at as is_supplement,
  (select coalesce(jsonb_agg(distinct rtrim(d.recipient, ';. ')), '[]') from core.edition_delivery d
    where (d.plan_code, d.period, d.edition) = (e.plan_code, e.period, e.edition) and d.outcome <> 'queued'
      and not exists (
        select from core.edition_delivery q
        where (q.plan_code, q.period, q.edition, q.recipient) = (d.plan_code, d.period, d.edition, d.recipient)
          and q.outcome = 'queued')) as not_reached,
  (select coalesce(jsonb_agg(distinct rtrim(d.recipient, ';. ')), '[]') from core.edition_delivery d
    where (d.plan_code, d.period, d.edition) = (e.plan_code, e.period, e.edition) and d.outcome = 'queued') as reached,
  (select count(*) from core.edition_delivery d
    where (d.plan_code, d.period, d.edition) = (e.plan_code, e.period, e.edition) and d.outcome = 'queued') as queued_count,
  (select count(*) from intake.outgoing_mail o
    where o.kind = 'edition' and o.about = e.plan_code || ' ' || e.period || '/' || e.edition and o.sent_at is not null) as sent_count,
  (select count(*) from core.result_sheet r
    where (r.plan_code, r.period, r.edition) = (e.plan_code, e.period, e.edition)) as sheet_count
from core.edition e join core.period p using (plan_code, period)
where e.plan_code = :plan_code and e.period = :period and e.published_at <= :instant
order by e.edition desc
