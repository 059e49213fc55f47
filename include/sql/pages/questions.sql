-- What reviewers were last asked about each edition of a plan that is not published, and what they answered
select q.period, q.edition, q.asked_at, a.verdict, a.answered_at, a.answered_by
from core.review_request q left join core.review_answer a using (review_request_id)
where q.plan_code = :plan_code
  and not exists (
    select from core.review_request n
    where n.plan_code = q.plan_code and n.period = q.period and n.review_request_id > q.review_request_id)
  and not exists (
    select from core.edition e
    where e.plan_code = q.plan_code and e.period = q.period and e.edition >= q.edition)
order by q.asked_at
