-- Every question to a reviewer about a period, the latest first, with its answer and what has come of that
select q.review_request_id, q.run_id, q.plan_code, q.period, q.edition, q.as_of, q.asked_at, q.data_sha256,
  q.content_sha256, q.title, q.review, a.verdict, a.answered_by, a.answered_at, a.return_to, a.comment, a.refused_because,
  e.edition is not null as is_published,
  (select count(*) from core.edition_delivery d
   where (d.plan_code, d.period, d.edition) = (e.plan_code, e.period, e.edition) and d.outcome = 'queued') as mailed,
  coalesce((select c.request_no from core.correction_request c
    where c.question = format('%s/%s #%s', q.period, q.edition, q.review_request_id)
    order by c.request_no limit 1), '') as request_no
from core.review_request q
left join core.review_answer a using (review_request_id)
-- Published by this answer and no other one
left join core.edition e on a.verdict = 'approve'
  and (e.plan_code, e.period, e.edition) = (q.plan_code, q.period, q.edition)
  and (e.approved_by, e.approved_at) = (a.answered_by, a.answered_at)
where q.plan_code = :plan_code and (cast(:period as text) is null or q.period = :period)
order by q.review_request_id desc
