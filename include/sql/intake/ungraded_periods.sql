-- The periods of the plans in hand about which something was recorded at, or after, the instant of their last grades (a
-- replay begins anew: it knows nothing of later ones)
with said as (
  select s.plan_code, s.period, s.recorded_at from intake.submission s where s.plan_code = any(:plan_codes)
  union all
  select o.plan_code, o.period, o.recorded_at from core.observation o where o.plan_code = any(:plan_codes) and o.is_correction
)
select plan_code, period
from said
group by plan_code, period
having max(recorded_at) >= coalesce((
  select max(i.as_of) from core.indicator_status i
  where (i.plan_code, i.period) = (said.plan_code, said.period) and i.as_of <= :now), '-infinity')
