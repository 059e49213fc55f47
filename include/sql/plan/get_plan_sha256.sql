-- Which register of a plan the warehouse holds
select register_sha256 from core.plan where plan_code = :plan_code
