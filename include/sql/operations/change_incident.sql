-- Notes what a look made of an open incident
update intake.incident set detail = :detail, told_at = :told_at, well_since = :well_since, closed_at = :closed_at
where incident_id = :incident_id
