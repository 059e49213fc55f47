-- What was last said of each indicator of a period
select distinct on (indicator_code) indicator_code, content_sha256
from core.indicator_status
where plan_code = :plan_code and period = :period
order by indicator_code, as_of desc, indicator_status_id desc
