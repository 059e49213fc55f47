-- Stores an indicator of a version
insert into core.version_indicator (
  version_id, indicator_code, row_order, row_kind, section_no, section_title, label, unit, target_text, comparator,
  target_low, target_high, direction, nature, published_in)
values (
  :version_id, :indicator_code, :row_order, :row_kind, :section_no, :section_title, :label, :unit, :target_text, :comparator,
  :target_low, :target_high, :direction, :nature, :published_in)
