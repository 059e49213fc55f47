-- The runs whose question about an edition was answered with yes
select distinct q.run_id
from core.review_request q join core.review_answer a using (review_request_id)
where q.plan_code = :plan_code and q.period = :period and q.edition = :edition and a.verdict = 'approve'
order by q.run_id
