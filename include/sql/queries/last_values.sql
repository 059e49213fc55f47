-- The last current year-to-date figure before a period, in the same year
select distinct on (agency_code, indicator_code) agency_code, indicator_code, value
from mart.observation_history
where plan_code = :plan_code and period < :period and left(period, 4) = left(:period, 4)
  and basis = 'year_to_date' and is_current and value is not null
order by agency_code, indicator_code, period desc
