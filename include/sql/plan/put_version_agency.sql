-- Stores a body of a version
insert into core.version_agency (version_id, agency_code, name, is_obliged, row_order)
values (:version_id, :agency_code, :name, :is_obliged, :row_order)
