-- The record card of each body of a plan as of an instant
select * from mart.agency_record_at(:instant, :plan_code)
