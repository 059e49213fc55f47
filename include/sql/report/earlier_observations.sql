-- Every figure for the periods before one, known at an instant, in the order in which they supersede one another
select o.indicator_code, o.period, o.agency_code, o.basis, o.value,
  case when o.answer = 'state' then o.value_text else '' end as told, o.note, o.explanation, o.is_correction,
  o.sheet, o.cell, o.received_at, o.recorded_at, f.receipt_no, f.name as file_name, f.sha256 as file_sha256,
  '' as sender_name, o.agency_code as sender_code
from core.observation o
join core.indicator i using (plan_code, indicator_code)
join core.agency g using (plan_code, agency_code)
join intake.submission b using (submission_id)
join intake.submission_file f using (file_id)
where o.plan_code = :plan_code and o.period < :period and o.recorded_at <= :as_of
order by o.period, i.row_order, g.row_order, o.basis, o.received_at, f.file_id, o.observation_id
