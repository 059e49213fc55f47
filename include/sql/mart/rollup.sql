select * from mart.status_rollup_at(:instant, :plan_code, :period) where grouping_kind = :grouping_kind
