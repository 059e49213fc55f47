-- Stores a version's indicators
insert into core.version_indicator (
  version_id, indicator_code, row_order, row_kind, section_no, section_title, label, unit, target_text, comparator,
  target_low, target_high, direction, nature, published_in)
select
  :version_id, r.indicator_code, r.row_order, r.row_kind, r.section_no, r.section_title, r.label, r.unit,
  r.target_text, r.comparator, r.target_low, r.target_high, r.direction, r.nature, r.published_in
from jsonb_populate_recordset(null::core.version_indicator, cast(:rows as jsonb)) r
