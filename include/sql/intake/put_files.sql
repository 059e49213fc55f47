-- Enters arrivals in the ledger, in order; an arrival entered before is left as it is
insert into intake.submission_file (
  claim_id, sha256, size_bytes, name, channel, sender, sender_agency_code, received_at, landed_at,
  is_trial)
select n.claim_id, n.sha256, n.size_bytes, n.name, n.channel, n.sender, n.sender_agency_code, n.received_at, :landed_at,
  n.is_trial
from unnest(
  cast(:claim_ids as text[]), cast(:hashes as text[]), cast(:sizes as bigint[]), cast(:names as text[]),
  cast(:channels as text[]), cast(:senders as text[]), cast(:agencies as text[]),
  cast(:received as timestamptz[]), cast(:trials as boolean[])
) with ordinality as n (
  claim_id, sha256, size_bytes, name, channel, sender, sender_agency_code, received_at, is_trial, place)
order by n.place
on conflict (claim_id) do nothing
returning file_id
