-- Stores the periods of the register's calendar
insert into core.period (
  plan_code, period, cut_off_on, due_at, publish_at, closing_at)
select
  :plan_code, r.period, r.cut_off_on, r.due_at, r.publish_at, r.closing_at
from jsonb_populate_recordset(null::core.period, cast(:rows as jsonb)) r
on conflict (plan_code, period) do update set
  cut_off_on = excluded.cut_off_on, due_at = excluded.due_at, publish_at = excluded.publish_at,
  closing_at = excluded.closing_at
