-- The figures of some bodies that count at present: one row per indicator, body, period and basis
select indicator_code as indicator, agency_code as agency, period, basis, value, is_correction, received_at
from core.observation_at('infinity')
where plan_code = :plan_code and agency_code = any(:agencies)
