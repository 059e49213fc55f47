-- Stores which bodies report which indicators, and who goes before whom
insert into core.reporter (plan_code, indicator_code, agency_code, precedence)
select :plan_code, r.indicator_code, r.agency_code, r.precedence
from jsonb_populate_recordset(null::core.reporter, cast(:rows as jsonb)) r
on conflict (plan_code, indicator_code, agency_code) do update set
  precedence = excluded.precedence
