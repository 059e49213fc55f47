-- The current figures of some bodies: one row per indicator, body, period and basis
select distinct on (agency_code, indicator_code, period, basis)
  indicator_code as indicator, agency_code as agency, period, basis, value
from core.observation
where plan_code = :plan_code and agency_code = any(:agencies)
order by agency_code, indicator_code, period, basis, received_at desc, observation_id desc
