-- Notes how an attempt to send one mail ended
update intake.outgoing_mail set sent_at = :sent_at, given_up_at = :given_up_at, last_error = :last_error
where outgoing_id = :outgoing_id
