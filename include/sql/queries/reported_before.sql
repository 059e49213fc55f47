-- What bodies reported for the earlier periods of a year, as it counts now
select agency_code, indicator_code, period, basis, value
from mart.observation_history
where plan_code = :plan_code and period < :period and left(period, 4) = left(:period, 4)
  and is_current and value is not null
order by agency_code, indicator_code, period, basis
