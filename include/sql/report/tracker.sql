-- Who had sent what by an instant: mart.submission_tracker as it stood then
with accepted as (
  select distinct on (b.agency_code) b.agency_code, f.file_id, f.state, f.receipt_no
  from intake.submission b join intake.submission_file f using (file_id)
  where b.plan_code = :plan_code and b.period = :period and b.recorded_at <= :as_of
  order by b.agency_code, b.received_at desc, b.file_id desc
),
all_accepted as (
  select agency_code, min(received_at) as received_at, max(version) as version
  from intake.submission
  where plan_code = :plan_code and period = :period and recorded_at <= :as_of
  group by agency_code
),
last_rejected as (
  select distinct on (agency_code) agency_code, file_id, received_at, receipt_no
  from intake.submission_file
  where plan_code = :plan_code and period = :period and state = 'rejected' and agency_code is not null
    and settled_at <= :as_of
  order by agency_code, received_at desc, file_id desc
)
select g.agency_code, g.name as agency_name,
  coalesce(a.state, case when r.file_id is null then 'missing' else 'rejected' end) as state,
  coalesce(fa.received_at, r.received_at) as received_at,
  fa.received_at < p.due_at as is_on_time,
  case when fa.received_at is not null
    then greatest(0, ceil(extract(epoch from fa.received_at - p.due_at) / 86400))::integer end as days_late,
  fa.version,
  (select count(*) from intake.finding n where n.file_id = coalesce(a.file_id, r.file_id))::integer as finding_count,
  coalesce(a.receipt_no, r.receipt_no, '') as receipt_no
from core.period p
join core.agency g on g.plan_code = p.plan_code and g.is_obliged
left join accepted a using (agency_code)
left join all_accepted fa using (agency_code)
left join last_rejected r using (agency_code)
where p.plan_code = :plan_code and p.period = :period
order by g.row_order
