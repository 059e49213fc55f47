-- What was last said of each indicator of a period by an instant (a replay begins anew: it knows nothing of later ones)
select distinct on (indicator_code) indicator_code, content_sha256, version_id, register_sha256, is_withdrawn
from core.indicator_status
where plan_code = :plan_code and period = :period and as_of <= :as_of
order by indicator_code, indicator_status_id desc
