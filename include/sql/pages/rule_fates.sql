-- How many files a rule looked beyond: broken but said by another rule already, or on trial; beside all files ever checked
select count(distinct b.file_id) filter (where b.fate = 'explained') as explained_count,
  count(distinct b.file_id) filter (where b.fate = 'trial') as trial_count,
  count(distinct f.file_id) filter (where f.state <> 'duplicate') as file_count
from intake.submission_file f
left join intake.broken_rule b on b.file_id = f.file_id and b.rule = :rule
where f.plan_code = :plan_code and f.state <> 'trial'
