-- Stores what the register says is owed, and by when
insert into core.obligation (
  plan_code, obligation, period, due_at, closing_at)
values (
  :plan_code, :obligation, :period, :due_at, :closing_at)
on conflict (plan_code, obligation, period) do update set
  due_at = excluded.due_at, closing_at = excluded.closing_at
