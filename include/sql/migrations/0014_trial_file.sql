-- A file that a body only wants checked: answered as any other, and nothing else follows from it.

alter table intake.submission_file add column is_trial boolean not null default false;
-- What the file would have been as a submission
alter table intake.submission_file add column trial_verdict text
  check (trial_verdict in ('accepted', 'accepted_with_warnings', 'rejected', 'quarantined'));
alter table intake.submission_file drop constraint submission_file_state_check;
alter table intake.submission_file add constraint submission_file_state_check
  check (state in ('accepted', 'accepted_with_warnings', 'rejected', 'duplicate', 'quarantined', 'trial'));
-- Whatever a trial would have been, it is a trial in the ledger: no other statement can take it for a submission
alter table intake.submission_file add constraint submission_file_trial_check
  check (state is null or is_trial = (state = 'trial') and is_trial = (trial_verdict is not null));
grant update (trial_verdict) on intake.submission_file to tiendo_loader;
