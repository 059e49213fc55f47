-- Notes that a reviewer is asked about a draft
insert into core.review_request (run_id, plan_code, period, edition, as_of, data_sha256, content_sha256, asked_at)
values (:run_id, :plan_code, :period, :edition, :as_of, :data_sha256, :content_sha256, :asked_at)
