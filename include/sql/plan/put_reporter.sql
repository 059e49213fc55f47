-- Stores which bodies report which indicators, and who goes before whom
insert into core.reporter (plan_code, indicator_code, agency_code, precedence)
values (:plan_code, :indicator_code, :agency_code, :precedence)
on conflict (plan_code, indicator_code, agency_code) do update set
  precedence = excluded.precedence
