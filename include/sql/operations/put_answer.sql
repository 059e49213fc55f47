-- What a reviewer answered, once however often it is recorded
insert into intake.audit (done_at, done_by, act, subject, reason, details)
select :done_at, :done_by, :act, :subject, :reason, cast(:details as jsonb)
where not exists (
  select from intake.audit where act = :act and details ->> 'question' = cast(:details as jsonb) ->> 'question')
