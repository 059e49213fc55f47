select * from mart.agency_record_at(:instant, :plan_code)
