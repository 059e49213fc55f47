select * from mart.agency_mistake_at(:instant, :plan_code)
