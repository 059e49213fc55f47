-- Enters a document that answers an obligation as it stands
insert into intake.obligation_document (
  file_id, plan_code, agency_code, obligation, period, received_at, recorded_at, recorded_by, note)
values (
  :file_id, :plan_code, :agency_code, :obligation, :period, :received_at, :recorded_at, :recorded_by, :note)
