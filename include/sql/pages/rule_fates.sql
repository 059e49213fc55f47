-- How many files a rule looked beyond: broken but said by another rule already, or on trial; beside all files ever checked
select count(distinct b.file_id) filter (where b.fate = 'explained') as explained_count,
  count(distinct b.file_id) filter (where b.fate = 'trial') as trial_count,
  (select count(*) from intake.submission_file f
    where f.plan_code = :plan_code and f.state not in ('duplicate', 'trial')) as file_count
from intake.broken_rule b
where b.rule = :rule
