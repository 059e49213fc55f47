-- What a plan's year brought by the end of each period, of indicators that add up; made-up figures are no past
select s.indicator_code as indicator, left(s.period, 4) as year, mart.period_number(s.period)::text as quarter, s.value,
  case when s.is_approximate then 'yes' else 'no' end as is_approximate, h.value_text as as_printed,
  h.receipt_no || ', ' || s.sheet || '!' || s.cell || ', SHA-256 ' || s.file_sha256 as source,
  to_char(h.received_at at time zone 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD') as published,
  case h.kind when 'estimate' then 'Số ước thực hiện.' else '' end as remark
from mart.indicator_status s
join mart.observation_history h on h.observation_id = s.observation_id and h.plan_code = s.plan_code
where s.plan_code = :plan_code and s.nature = 'flow' and s.value is not null and not s.is_illustrative
order by s.row_order, s.period
