insert into intake.submission_file (
  claim_id, sha256, size_bytes, name, channel, sender, sender_agency_code, received_at, landed_at)
values (
  :claim_id, :sha256, :size_bytes, :name, :channel, :sender, :sender_agency_code, :received_at, :landed_at)
on conflict (claim_id) do nothing
returning file_id
