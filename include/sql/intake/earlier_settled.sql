-- The first accepted file with these bytes of this body, whatever way it came
select file_id, receipt_no, received_at, state
from intake.submission_file
where sha256 = :sha256 and state in ('accepted', 'accepted_with_warnings') and agency_code = :agency
order by file_id
limit 1
