-- Why a file could not be read, for operations: its sender is told in the words of the rules.

alter table intake.submission_file add column reading_failure text;
grant update (reading_failure) on intake.submission_file to tiendo_loader;
