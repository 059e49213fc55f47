-- Verdicts that changed, in bulk
copy core.indicator_status (
  plan_code, period, as_of, indicator_code, agency_code, value, value_kind, value_basis, expected_value, ratio, status,
  margin, margin_up, margin_down, needed, is_estimate, is_approximate, is_illustrative, sentence, components,
  rule_version, observation_id, content_sha256, version_id, register_sha256, is_withdrawn)
from stdin
