-- Whether a mail about an incident waits to be sent now
select exists (
  select from intake.outgoing_mail
  where kind = 'operations' and about like 'incident-%'
    and sent_at is null and given_up_at is null and next_attempt_at <= :now)
