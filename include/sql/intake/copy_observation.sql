-- Figures of a batch's accepted files, in bulk
copy core.observation (
  submission_id, plan_code, indicator_code, period, agency_code, basis, kind, answer, value, value_text,
  is_approximate, is_illustrative, is_correction, promised_on, data_on, note, explanation, sheet, cell, received_at,
  recorded_at)
from stdin
