-- Requests for correction that a body was sent, and the file that answered each
select c.period, 'quarterly_report' as obligation, c.request_no, c.comment, c.asked_by, c.asked_at, c.answer_receipt_no
from mart.correction_request c
where c.plan_code = :plan_code and c.agency_code = :agency_code
order by c.asked_at
