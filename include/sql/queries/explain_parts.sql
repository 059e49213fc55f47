-- What a sum was made of, in its order: each indicator in it with the figure that was added, followed back to its cell
select p.part ->> 'indicator' as indicator, i.label as indicator_name, p.part ->> 'choice' as choice,
  p.part ->> 'answer' as answer, (p.part ->> 'value')::numeric as value, p.part ->> 'kind' as kind,
  p.part ->> 'agency' as agency, h.value_text, h.observation_id, h.submission_id, h.sheet, h.cell, h.file_name as file,
  h.file_sha256, h.receipt_no, h.sender, h.received_at
from mart.indicator_status s
cross join lateral jsonb_array_elements(s.components -> 'parts') with ordinality p (part, place)
left join lateral (
  select e.indicator_name as label from mart.indicator_status e
  where e.plan_code = s.plan_code and e.period = s.period and e.indicator_code = p.part ->> 'indicator'
) i on true
left join mart.observation_history h on h.observation_id = (p.part ->> 'observation_id')::bigint
  and h.plan_code = s.plan_code and h.indicator_code = p.part ->> 'indicator'
where s.plan_code = :plan_code and s.period = :period and s.indicator_code = :indicator
order by p.place
