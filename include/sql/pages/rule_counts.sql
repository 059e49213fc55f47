-- In how many files of which body and period a rule was broken, and how often its sender was told
select coalesce(f.agency_code, f.sender_agency_code) as agency_code, f.period, count(distinct f.file_id) as file_count,
  count(*) as finding_count, max(f.received_at) as last_received_at
from intake.finding n
join intake.submission_file f using (file_id)
where n.rule = :rule and f.plan_code = :plan_code and f.state <> 'trial'
group by 1, 2
order by 3 desc, 5 desc
