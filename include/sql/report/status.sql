-- Verdicts of a period and of the plan's periods before it, as of an instant, with the figure each rests on
-- (those of its columns that a field of report.data.IndicatorLine has the name of fill it)
select s.indicator_code, s.period, s.agency_code, s.value, coalesce(s.value_kind, '') as value_kind,
  coalesce(s.value_basis, '') as value_basis, s.expected_value as expected, s.ratio, s.status, s.margin, s.margin_up,
  s.margin_down, s.needed, s.is_estimate, s.is_approximate, s.is_illustrative, s.explanation as sentence,
  s.previous_period, s.previous_value, coalesce(s.previous_status, '') as previous_status,
  coalesce(s.trend, '') as trend, (s.components ->> 'expected_even')::numeric as expected_even, s.rule_version,
  s.components ->> 'choice' as choice, coalesce(s.components ->> 'state', '') as told_state,
  coalesce(o.value_text, '') as value_text, o.data_on, coalesce(o.note, '') as note,
  coalesce(o.explanation, '') as explanation, o.sheet, o.cell, o.received_at, f.receipt_no, f.name as file_name,
  f.sha256 as file_sha256, '' as sender_name, o.agency_code as sender_code
from mart.indicator_status_at(:as_of) s
left join core.observation o using (observation_id)
left join intake.submission b on b.submission_id = o.submission_id
left join intake.submission_file f using (file_id)
where s.plan_code = :plan_code and s.period between :first_period and :period
order by s.period, s.row_order
