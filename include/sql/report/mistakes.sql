-- In how many files each body broke each rule, as of an instant; the usual mistakes first
select agency_code, rule, max(file_count) as file_count
from mart.agency_mistake_at(:as_of, :plan_code)
group by agency_code, rule
order by agency_code, max(file_count) desc, sum(finding_count) desc, rule
