-- The figures of some bodies that counted when a file came, whatever came after it: core.observation_at, by receipt
select distinct on (o.agency_code, o.indicator_code, o.period, o.basis)
  o.indicator_code as indicator, o.agency_code as agency, o.period, o.basis, o.value, o.is_correction, o.received_at
from core.observation o
join intake.submission s using (submission_id)
where o.plan_code = :plan_code and o.agency_code = any(:agencies) and o.received_at < :received_at
  and (o.is_correction or not exists (
    select from intake.submission n
    where (n.plan_code, n.agency_code, n.period) = (o.plan_code, o.agency_code, o.period)
      and n.received_at < :received_at and (n.received_at, n.file_id) > (s.received_at, s.file_id)))
order by o.agency_code, o.indicator_code, o.period, o.basis, o.received_at desc, s.file_id desc, o.observation_id desc
