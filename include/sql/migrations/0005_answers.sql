-- Where the sender's own workbook with the cells marked lies, beside the receipt; null where none was made
alter table intake.submission_file add column marked_path text;
grant update (marked_path) on intake.submission_file to tiendo_loader;
