-- Stores a plan of the register, and which state of the register this is
insert into core.plan (
  plan_code, title, province, year, last_year, rule_version, register_sha256, loaded_at)
values (
  :plan_code, :title, :province, :year, :last_year, :rule_version, :register_sha256, :loaded_at)
on conflict (plan_code) do update set
  title = excluded.title, province = excluded.province, year = excluded.year, last_year = excluded.last_year,
  rule_version = excluded.rule_version, register_sha256 = excluded.register_sha256,
  loaded_at = excluded.loaded_at
