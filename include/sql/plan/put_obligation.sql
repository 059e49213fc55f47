-- Stores what the register says is owed, and by when
insert into core.obligation (
  plan_code, obligation, period, due_at, closing_at)
select
  :plan_code, r.obligation, r.period, r.due_at, r.closing_at
from jsonb_populate_recordset(null::core.obligation, cast(:rows as jsonb)) r
on conflict (plan_code, obligation, period) do update set
  due_at = excluded.due_at, closing_at = excluded.closing_at
