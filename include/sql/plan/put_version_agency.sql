-- Stores a version's bodies
insert into core.version_agency (version_id, agency_code, name, is_obliged, row_order)
select :version_id, r.agency_code, r.name, r.is_obliged, r.row_order
from jsonb_populate_recordset(null::core.version_agency, cast(:rows as jsonb)) r
