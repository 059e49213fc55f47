-- Enters an act of a person
insert into intake.audit (done_at, done_by, act, subject, reason, details)
values (:done_at, :done_by, :act, :subject, :reason, cast(:details as jsonb))
