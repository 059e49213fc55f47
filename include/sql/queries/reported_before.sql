-- What bodies reported for the earlier periods, as it counts now
select agency_code, indicator_code, period, basis, value,
  case when answer = 'state' then value_text end as told
from mart.observation_history
where plan_code = :plan_code and period < :period and is_current and (value is not null or answer = 'state')
order by agency_code, indicator_code, period, basis
