-- Number of a period's last edition; 0 before the first
select coalesce(max(edition), 0) from core.edition where plan_code = :plan_code and period = :period
