-- Every figure ever accepted for an indicator, with its revisions
select h.period, h.agency_code, h.basis, h.kind, h.answer, h.value, h.value_text, h.value_text as state, h.is_approximate, h.is_correction,
  h.is_illustrative, h.promised_on, h.note, h.explanation, h.received_at, h.version, h.receipt_no, h.sheet, h.cell, h.revision, h.is_current
from mart.observation_history h
where h.plan_code = :plan_code and h.indicator_code = :indicator_code and h.recorded_at <= :instant
order by h.period desc, h.agency_code, h.basis desc, h.revision desc
