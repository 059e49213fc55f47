-- The verdicts on a plan's indicators in a period as they stood at an instant, in printed order
select * from mart.indicator_status_at(:instant)
where plan_code = :plan_code and period = :period
order by row_order
