select file_id from intake.submission_file where state is null order by received_at, file_id
