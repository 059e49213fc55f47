-- The files without a fate, by sender; who has waited longest comes first
select coalesce(sender_agency_code, sender) as sender, array_agg(file_id order by received_at, file_id) as file_ids
from intake.submission_file
where state is null
group by coalesce(sender_agency_code, sender)
order by min(received_at), min(file_id)
