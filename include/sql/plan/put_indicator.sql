-- Stores the register's indicators
insert into core.indicator (
  plan_code, indicator_code, row_order, row_kind, section_no, section_title, printed_no, name, label,
  unit_code, unit, target_text, comparator, target_low, target_high, direction, nature, decision,
  published_in)
select
  :plan_code, r.indicator_code, r.row_order, r.row_kind, r.section_no, r.section_title, r.printed_no, r.name, r.label,
  r.unit_code, r.unit, r.target_text, r.comparator, r.target_low, r.target_high, r.direction, r.nature, r.decision,
  r.published_in
from jsonb_populate_recordset(null::core.indicator, cast(:rows as jsonb)) r
on conflict (plan_code, indicator_code) do update set
  row_order = excluded.row_order, row_kind = excluded.row_kind, section_no = excluded.section_no,
  section_title = excluded.section_title, printed_no = excluded.printed_no, name = excluded.name,
  label = excluded.label, unit_code = excluded.unit_code, unit = excluded.unit,
  target_text = excluded.target_text, comparator = excluded.comparator, target_low = excluded.target_low,
  target_high = excluded.target_high, direction = excluded.direction, nature = excluded.nature,
  decision = excluded.decision, published_in = excluded.published_in
