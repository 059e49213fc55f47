-- The verdicts on a period as they stand
select indicator_code, status from mart.indicator_status_history
where plan_code = :plan_code and period = :period and replaced_at is null
