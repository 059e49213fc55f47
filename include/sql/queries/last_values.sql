-- The last current year-to-date figure before a period, with its own
select distinct on (agency_code, indicator_code) agency_code, indicator_code, period, value
from mart.observation_history
where plan_code = :plan_code and period < :period and basis = 'year_to_date' and is_current and value is not null
order by agency_code, indicator_code, period desc
