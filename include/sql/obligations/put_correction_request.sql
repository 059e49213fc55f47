-- Enters a request to a body to correct its report, once for each question
-- A conflict would use up a number of the notices; so a repetition is not even tried
insert into core.correction_request (
  plan_code, agency_code, period, edition, data_sha256, comment, asked_by, asked_at, question)
select :plan_code, :agency_code, :period, :edition, :data_sha256, :comment, :asked_by, :asked_at, :question
where not exists (
  select from core.correction_request where question = :question and agency_code = :agency_code)
