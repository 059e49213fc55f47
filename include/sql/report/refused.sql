-- Bodies whose last report of a period was sent back and has not come again, as of an instant
select t.agency_code, t.agency_name, t.rejected_at, t.state in ('accepted', 'accepted_with_warnings') as is_received
from mart.submission_tracker_at(:as_of, :plan_code, 'quarterly_report', :period) t
where t.rejected_at is not null
order by t.row_order
