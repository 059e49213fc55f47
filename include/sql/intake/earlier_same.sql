-- For each waiting file, the first settled file with the same bytes from the same body, whatever way either came, and the
-- version of that report that counts. A file that was not read is nothing that could be repeated.
select w.file_id as waiting_id, e.file_id, e.receipt_no, e.received_at, e.state, e.agency_code, e.period,
  c.receipt_no as counting_receipt_no, e.plan_code
from intake.submission_file w
cross join lateral (
  select f.file_id, f.receipt_no, f.received_at, f.state, f.plan_code, f.agency_code, f.period
  from intake.submission_file f
  where f.sha256 = w.sha256 and f.state is not null and f.state not in ('duplicate', 'trial')
    and case
      when w.sender_agency_code is not null then w.sender_agency_code = coalesce(f.sender_agency_code, f.agency_code)
      -- The workbook names its body: where it was accepted, it is that body's, whoever brings it.
      when w.sender = '' then f.sender = '' or f.state in ('accepted', 'accepted_with_warnings')
      else f.sender_agency_code is null and f.sender = w.sender
    end
    and not exists (select from intake.finding n where n.file_id = f.file_id and n.rule = any(:not_read))
  order by f.state in ('accepted', 'accepted_with_warnings') desc, f.file_id
  limit 1
) e
left join intake.newest_submission n
  on (n.plan_code, n.agency_code, n.period) = (e.plan_code, e.agency_code, e.period) and n.file_id <> e.file_id
left join intake.submission_file c on c.file_id = n.file_id
where w.file_id = any(:file_ids) and w.requeue_of is null and not w.is_trial
