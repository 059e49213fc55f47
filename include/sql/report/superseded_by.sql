-- The question that has taken the place of an approved one: it came later, about the same edition, and is about other
-- figures, or was answered with no. The page that a question links to shows the latest draft of its edition
select q.review_request_id
from core.review_request asked
join core.review_request q using (plan_code, period, edition)
left join core.review_answer a on a.review_request_id = q.review_request_id
where asked.review_request_id = :review_request_id and q.review_request_id > asked.review_request_id
  and (q.content_sha256 <> asked.content_sha256 or a.verdict = 'reject')
order by q.review_request_id desc
limit 1
