-- What the letters say now of the quarterly reports of some bodies: the last entry for a body and period
select distinct on (agency_code, period) agency_code, period, kind, due_at
from core.extension
where plan_code = :plan_code and obligation = 'quarterly_report' and agency_code = any(:agencies)
order by agency_code, period, extension_id desc
