-- Marks of the newest figures, to see whether any came in between
select coalesce(max(submission_id), 0) from intake.submission
