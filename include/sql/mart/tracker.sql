select * from mart.submission_tracker where plan_code = :plan_code and period = :period order by row_order
