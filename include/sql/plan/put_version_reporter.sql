-- Stores who reports a version's indicators
insert into core.version_reporter (version_id, indicator_code, agency_code, precedence)
select :version_id, r.indicator_code, r.agency_code, r.precedence
from jsonb_populate_recordset(null::core.version_reporter, cast(:rows as jsonb)) r
