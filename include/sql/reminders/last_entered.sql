-- The latest occasion each body was reminded on, of one obligation
select agency_code, max(occasion_at) as occasion_at
from core.reminder
where plan_code = :plan_code and obligation = :obligation and period = :period
group by agency_code
