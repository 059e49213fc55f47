-- Stores which bodies report which indicators, and who goes before whom
insert into core.reporter (plan_code, indicator_code, agency_code, precedence)
select :plan_code, n.indicator_code, n.agency_code, n.precedence
from unnest(
  cast(:indicators as text[]), cast(:agencies as text[]), cast(:precedences as integer[])
) as n (indicator_code, agency_code, precedence)
on conflict (plan_code, indicator_code, agency_code) do update set
  precedence = excluded.precedence
