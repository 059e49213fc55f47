-- Stores a period of the register's calendar
insert into core.period (
  plan_code, period, cut_off_on, due_at, publish_at, closing_at)
values (
  :plan_code, :period, :cut_off_on, :due_at, :publish_at, :closing_at)
on conflict (plan_code, period) do update set
  cut_off_on = excluded.cut_off_on, due_at = excluded.due_at, publish_at = excluded.publish_at,
  closing_at = excluded.closing_at
