-- Notes the answer to a question, the first time it is told
insert into core.review_answer
  (review_request_id, verdict, account_id, answered_by, answered_at, return_to, comment, refused_because)
values
  (:review_request_id, :verdict, :account_id, :answered_by, :answered_at, :return_to, :comment, :refused_because)
on conflict do nothing
