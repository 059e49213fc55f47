-- Every figure that a file brought, as read and as typed, in the order of its cells
select o.indicator_code, o.period, o.basis, o.answer, o.value, o.value_text, o.value_text as state, o.kind, o.is_approximate, o.is_illustrative,
  o.is_correction, o.promised_on, o.data_on, o.note, o.explanation, o.sheet, o.cell
from core.observation o
where o.submission_id = :submission_id
order by o.observation_id
