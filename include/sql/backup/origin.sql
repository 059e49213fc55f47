-- What a warehouse was made with: its schema, and the register of each plan
select
  (select version_num from tiendo_schema_version) as schema,
  (select json_object_agg(plan_code, register_sha256) from core.plan) as registers
