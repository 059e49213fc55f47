-- The figures of a period that counted at an instant, in the order of tiendo.status.compute.FIGURE
select indicator_code, basis, observation_id, agency_code, kind, answer, value, value_text, is_approximate,
  is_illustrative, promised_on
from core.observation_at(:as_of)
where plan_code = :plan_code and period = :period
order by agency_code, indicator_code, basis
