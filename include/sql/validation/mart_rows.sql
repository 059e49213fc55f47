-- What is about to be published for a period.
select plan_code, period, as_of, indicator_code, value, status, components, rule_version, observation_id, file_sha256,
  sheet, cell
from mart.indicator_status
where plan_code = :plan_code and period = :period
order by row_order
