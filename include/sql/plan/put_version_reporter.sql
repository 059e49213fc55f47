-- Stores who reports an indicator of a version
insert into core.version_reporter (version_id, indicator_code, agency_code, precedence)
values (:version_id, :indicator_code, :agency_code, :precedence)
