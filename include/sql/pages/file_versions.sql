-- Every accepted version of the report that a file is one of, in the order they came
select v.version, f.receipt_no, f.name, f.state, v.received_at, n.submission_id is not null as is_newest
from intake.submission s
join intake.submission v using (plan_code, agency_code, period)
join intake.submission_file f on f.file_id = v.file_id
left join intake.newest_submission n on n.submission_id = v.submission_id
where s.submission_id = :submission_id
order by v.received_at, v.file_id
