-- What was found wrong in a plan's files by an instant, by body and rule
select * from mart.agency_mistake_at(:instant, :plan_code)
