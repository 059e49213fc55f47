-- The figures of a plan as known at an instant: the newest of each indicator, body, period and basis
select distinct on (agency_code, indicator_code, period, basis)
  observation_id, indicator_code, period, agency_code, basis, kind, answer, value, value_text, is_approximate,
  is_illustrative, promised_on, note
from core.observation
where plan_code = :plan_code and recorded_at <= :as_of
order by agency_code, indicator_code, period, basis, received_at desc, observation_id desc
