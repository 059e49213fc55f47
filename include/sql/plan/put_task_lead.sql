-- Stores which bodies lead which tasks
insert into core.task_lead (plan_code, task_ref, agency_code)
values (:plan_code, :task_ref, :agency_code)
on conflict (plan_code, task_ref, agency_code) do nothing
