-- Stores a task of a version
insert into core.version_task (version_id, task_ref, row_order, section_ref, section_title, title, is_collective, due_on)
values (:version_id, :task_ref, :row_order, :section_ref, :section_title, :title, :is_collective, :due_on)
