-- For each accepted file: the version of the same report before it, and the newest one where that is another
select s.file_id, s.version, p.submission_id as previous_id, pf.receipt_no as previous_receipt_no,
  p.received_at as previous_received_at, nf.receipt_no as newest_receipt_no, n.received_at as newest_received_at
from intake.submission s
left join lateral (
  select e.submission_id, e.file_id, e.received_at from intake.submission e
  where (e.plan_code, e.agency_code, e.period) = (s.plan_code, s.agency_code, s.period)
    and (e.received_at, e.file_id) < (s.received_at, s.file_id)
  order by e.received_at desc, e.file_id desc
  limit 1
) p on true
left join intake.submission_file pf on pf.file_id = p.file_id
left join intake.newest_submission n
  on (n.plan_code, n.agency_code, n.period) = (s.plan_code, s.agency_code, s.period) and n.file_id <> s.file_id
left join intake.submission_file nf on nf.file_id = n.file_id
where s.file_id = any(:file_ids)
