-- How many indicators and tasks of a plan and period stand where as of an instant, by one kind of group
select * from mart.status_rollup_at(:instant, :plan_code, :period) where grouping_kind = :grouping_kind
