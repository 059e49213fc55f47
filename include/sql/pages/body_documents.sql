-- The documents that a body sent as its own implementation plan
select d.period, d.received_at, d.receipt_no, d.file_name, d.recorded_by, d.note
from mart.obligation_document d
where d.plan_code = :plan_code and d.agency_code = :agency_code
order by d.received_at
