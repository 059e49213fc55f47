-- The figures of some bodies that were known when a file came, whatever came after it
select distinct on (agency_code, indicator_code, period, basis)
  indicator_code as indicator, agency_code as agency, period, basis, value, is_correction, received_at
from core.observation
where plan_code = :plan_code and agency_code = any(:agencies) and received_at < :received_at
order by agency_code, indicator_code, period, basis, received_at desc, observation_id desc
