select coalesce(max(edition), 0) from core.edition where plan_code = :plan_code and period = :period
