-- Notes that a reviewer is asked about a draft, and how it is told to him
insert into core.review_request
  (run_id, plan_code, period, edition, as_of, data_sha256, content_sha256, title, review, asked_at)
values
  (:run_id, :plan_code, :period, :edition, :as_of, :data_sha256, :content_sha256, :title, :review, :asked_at)
