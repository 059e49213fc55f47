-- Takes one mail in hand: recorded before it goes out, so that a crash shows as an attempt that was made
update intake.outgoing_mail set attempts = attempts + 1, next_attempt_at = :next_attempt_at
where outgoing_id = :outgoing_id and sent_at is null and given_up_at is null
