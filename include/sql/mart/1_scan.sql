-- When each channel was looked at
create or replace view mart.scan as
  select scan_id, channel, completed_at from intake.scan;

grant select on mart.scan to tiendo_reader, tiendo_loader;

comment on view mart.scan is
  'When each channel was looked at to the end: what came later is not in the warehouse yet. One row per scan.';
comment on column mart.scan.scan_id is 'Number of the scan.';
comment on column mart.scan.channel is 'folder, share or mail.';
comment on column mart.scan.completed_at is 'When it was completed.';
