-- One indicator's verdict in a period, followed back to the figure, the file and the cell it rests on
select s.indicator_code as indicator, s.indicator_name, s.period, s.unit, s.value, s.status, s.explanation, s.as_of,
  s.sheet, s.cell, h.file_name as file, s.file_sha256, h.receipt_no, h.sender, h.channel, h.received_at,
  s.rule_version, s.components, s.target_text, s.expected_value, s.ratio, s.margin, s.needed,
  case when h.observation_id is null then null else json_build_object(
    'observation_id', h.observation_id, 'agency', h.agency_code, 'value_text', h.value_text, 'kind', h.kind,
    'basis', h.basis, 'data_on', h.data_on, 'note', h.note, 'explanation', h.explanation,
    'is_correction', h.is_correction, 'is_approximate', h.is_approximate, 'is_illustrative', h.is_illustrative,
    'submission_id', h.submission_id, 'version', h.version, 'recorded_at', h.recorded_at) end as observation
from mart.indicator_status s
-- The plan and indicator again, since only they narrow the view before it numbers revisions
left join mart.observation_history h on h.observation_id = s.observation_id and h.plan_code = s.plan_code
  and h.indicator_code = s.indicator_code
where s.plan_code = :plan_code and s.period = :period and s.indicator_code = :indicator
