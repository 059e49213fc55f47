insert into core.correction_request (
  plan_code, agency_code, period, edition, data_sha256, comment, asked_by, asked_at, question)
values (
  :plan_code, :agency_code, :period, :edition, :data_sha256, :comment, :asked_by, :asked_at, :question)
on conflict (question, agency_code) do nothing
