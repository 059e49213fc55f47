-- A line of the ledger: its fate, what it repeats or reads anew, and whether its bytes are held back. They are while some
-- line of the same bytes waits, or was quarantined and no later reading of it let them through
select f.file_id, f.receipt_no, f.sha256, f.size_bytes, f.name, f.channel, f.sender, f.plan_code, f.period,
  coalesce(f.agency_code, f.sender_agency_code) as agency_code, f.received_at, f.landed_at, f.settled_at, f.state,
  f.is_trial, f.trial_verdict, f.reading_failure, f.receipt_path, f.marked_path,
  coalesce(f.requeue_of, f.file_id) as first_id, first.receipt_no as first_receipt_no, d.receipt_no as duplicate_of,
  s.submission_id, exists (
    select from intake.submission_file h
    where h.sha256 = f.sha256 and (
      h.state is null or 'quarantined' in (h.state, h.trial_verdict) and not exists (
        select from intake.submission_file l
        where coalesce(l.requeue_of, l.file_id) = coalesce(h.requeue_of, h.file_id) and l.file_id > h.file_id
          and l.state <> 'quarantined'))) as is_held
from intake.submission_file f
join intake.submission_file first on first.file_id = coalesce(f.requeue_of, f.file_id)
left join intake.submission_file d on d.file_id = f.duplicate_of
left join intake.submission s on s.file_id = f.file_id
where f.receipt_no = :receipt_no
