select * from mart.submission_tracker_at(:instant, :plan_code, :obligation, :period)
