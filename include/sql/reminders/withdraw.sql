-- Takes mail back that has not gone out and is no longer true
update intake.outgoing_mail set given_up_at = :now, is_withdrawn = true, last_error = 'withdrawn: no longer true'
where outgoing_id = any(:outgoing_ids) and sent_at is null and given_up_at is null
