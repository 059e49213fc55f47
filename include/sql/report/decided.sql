-- What drafts of a period reported that a reviewer has answered about, and whether he let it out
select act, details ->> 'content_sha256' as content_sha256
from intake.audit
where act in ('approve', 'reject') and details ->> 'plan' = :plan_code and details ->> 'period' = :period
