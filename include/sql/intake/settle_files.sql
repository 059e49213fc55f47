-- Gives the files of a batch their fate
update intake.submission_file f
set state = n.state, settled_at = :settled_at, plan_code = :plan_code, agency_code = n.agency_code,
  period = n.period, duplicate_of = n.duplicate_of, receipt_path = n.receipt_path, marked_path = n.marked_path,
  trial_verdict = n.trial_verdict, reading_failure = n.reading_failure
from unnest(
  cast(:file_ids as bigint[]), cast(:states as text[]), cast(:agencies as text[]), cast(:periods as text[]),
  cast(:duplicates as bigint[]), cast(:receipts as text[]), cast(:marked as text[]), cast(:trial_verdicts as text[]),
  cast(:reading_failures as text[])
) as n (
  file_id, state, agency_code, period, duplicate_of, receipt_path, marked_path, trial_verdict, reading_failure)
where f.file_id = n.file_id
