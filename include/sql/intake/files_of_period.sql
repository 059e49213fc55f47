-- Every file that spoke of a period, refused ones included, in the order they came
select file_id, name, sha256, sender_agency_code, received_at
from intake.submission_file
where plan_code = :plan_code and period = :period and state in ('accepted', 'accepted_with_warnings', 'rejected')
order by received_at, file_id
