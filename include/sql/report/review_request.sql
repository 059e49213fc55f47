-- What a run of Airflow asks its reviewer, the latest time it asked, and the answer to that
select q.review_request_id, q.plan_code, q.period, q.edition, q.as_of, q.data_sha256, q.content_sha256, q.title,
  q.review, a.verdict, a.answered_by, a.answered_at, a.return_to, a.comment, a.refused_because
from core.review_request q left join core.review_answer a using (review_request_id)
where q.run_id = :run_id
order by q.review_request_id desc
limit 1
