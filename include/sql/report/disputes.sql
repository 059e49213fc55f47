-- Indicators of a period whose reporters differ by more than is tolerated, as known at an instant, with all figures
select s.indicator_code, s.components -> 'reporters' as reporters, s.components ->> 'difference' as difference,
  s.components ->> 'tolerance' as tolerance
from mart.indicator_status_at(:as_of) s
where s.plan_code = :plan_code and s.period = :period and (s.components ->> 'is_disputed')::boolean
order by s.row_order
