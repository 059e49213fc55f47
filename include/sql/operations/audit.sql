-- Everything that was done by hand, in order, and about which plan
select audit_id, done_at, done_by, act, subject,
  coalesce(
    a.details ->> 'plan',
    (select f.plan_code from intake.submission_file f where f.receipt_no = a.details ->> 'receipt')) as plan,
  reason, details
from intake.audit a
order by audit_id
