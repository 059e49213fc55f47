-- The figures of a plan that counted at an instant, one of each indicator, body, period and basis
select observation_id, indicator_code, period, agency_code, basis, kind, answer, value, value_text, is_approximate,
  is_illustrative, promised_on, note
from core.observation_at(:as_of)
where plan_code = :plan_code
order by agency_code, indicator_code, period, basis
