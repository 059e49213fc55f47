-- The request for correction that a question led to for a body
select request_no, agency_code, period, edition, comment, asked_by, asked_at
from core.correction_request
where question = :question and agency_code = :agency_code
