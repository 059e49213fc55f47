-- Notes of files that go on waiting why they could not be read
update intake.submission_file f
set reading_failure = n.failure
from unnest(cast(:file_ids as bigint[]), cast(:failures as text[])) as n (file_id, failure)
where f.file_id = n.file_id and f.state is null
