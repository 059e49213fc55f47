-- Every verdict ever reached on an indicator, the newest first
select h.period, h.as_of, h.status, h.is_estimate, h.value, h.explanation as sentence, h.rule_version, h.replaced_at
from mart.indicator_status_history h
where h.plan_code = :plan_code and h.indicator_code = :indicator_code and h.as_of <= :instant
order by h.period desc, h.as_of desc
