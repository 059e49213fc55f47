-- Waits until nobody works out what is kept, and keeps it so to the end
select pg_advisory_xact_lock(hashtext('tiendo.keep'), hashtext(p.plan_code))
from (select plan_code from core.plan order by plan_code) p
