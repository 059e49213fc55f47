-- How many reports of a period each rule on trial has hit, as they were checked
select b.rule, count(distinct b.file_id) as file_count, count(*) as finding_count
from intake.broken_rule b join intake.submission_file f using (file_id)
where b.fate = 'trial' and f.plan_code = :plan_code and f.period = :period and f.state <> 'trial'
group by b.rule
