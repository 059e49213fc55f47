-- Enters one body's occasion; returns no row when it was entered before
insert into core.reminder (
  plan_code, agency_code, obligation, period, occasion, due_at, occasion_at, recorded_at, path, to_address)
values (
  :plan_code, :agency_code, :obligation, :period, :occasion, :due_at, :occasion_at, :recorded_at, :path, :to_address)
on conflict (plan_code, obligation, period, agency_code, occasion, due_at) do nothing
returning reminder_id
