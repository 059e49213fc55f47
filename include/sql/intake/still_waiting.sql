-- Which of these files still have no fate; locked until the transaction ends
select file_id from intake.submission_file where file_id = any(:file_ids) and state is null for update
