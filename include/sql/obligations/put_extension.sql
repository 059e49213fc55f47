-- Enters a letter that changes what a body owes
insert into core.extension (
  plan_code, agency_code, obligation, period, kind, due_at, letter_no, letter_on, note, recorded_at, recorded_by)
values (
  :plan_code, :agency_code, :obligation, :period, :kind, :due_at, :letter_no, :letter_on, :note, :recorded_at,
  :recorded_by)
returning extension_id
