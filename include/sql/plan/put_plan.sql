-- Stores a plan of the register, and which state of the register this is
insert into core.plan (
  plan_code, title, province, year, last_year, rule_version, register_sha256, loaded_at)
select
  :plan_code, r.title, r.province, r.year, r.last_year, r.rule_version, r.register_sha256, r.loaded_at
from jsonb_populate_recordset(null::core.plan, cast(:rows as jsonb)) r
on conflict (plan_code) do update set
  title = excluded.title, province = excluded.province, year = excluded.year, last_year = excluded.last_year,
  rule_version = excluded.rule_version, register_sha256 = excluded.register_sha256,
  loaded_at = excluded.loaded_at
