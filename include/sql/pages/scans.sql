-- When each channel was last looked through to the end, as far as the newest scans tell
select channel, max(completed_at) as completed_at
from (select channel, completed_at from intake.scan order by scan_id desc limit 2000) s
group by channel
