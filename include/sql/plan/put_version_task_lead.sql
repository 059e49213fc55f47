-- Stores who leads a task of a version
insert into core.version_task_lead (version_id, task_ref, agency_code)
values (:version_id, :task_ref, :agency_code)
