-- Which version of a plan's register held for a period at an instant, and the register that said so
select version_id, register_sha256 from core.in_force_at(:instant) where plan_code = :plan_code and period = :period
