-- Notes that a body's result sheet was put into its outbox
insert into core.result_sheet (plan_code, period, edition, agency_code, path, recorded_at)
values (:plan_code, :period, :edition, :agency_code, :path, :recorded_at)
