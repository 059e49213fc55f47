-- What drafts of a period reported that a reviewer did not let out
select details ->> 'content_sha256' as content_sha256
from intake.audit
where act = 'reject' and details ->> 'plan' = :plan_code and details ->> 'period' = :period
