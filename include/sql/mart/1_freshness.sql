-- How fresh what is known is, by channel
create or replace view mart.freshness as
  select c.channel, (select max(s.completed_at) from intake.scan s where s.channel = c.channel) as last_scan_at,
    (select max(f.received_at) from intake.submission_file f where f.channel = c.channel) as last_received_at,
    (select max(f.settled_at) from intake.submission_file f where f.channel = c.channel) as last_settled_at,
    (select count(*) from intake.submission_file f where f.channel = c.channel and f.state is null)::integer
      as waiting_count
  from (values ('folder'), ('share'), ('mail'), ('command')) as c (channel);

grant select on mart.freshness to tiendo_reader, tiendo_loader;

comment on view mart.freshness is
  'How fresh what is known is. One row per channel.';
comment on column mart.freshness.channel is 'folder, share, mail or command.';
comment on column mart.freshness.last_scan_at is 'When it was last looked at to the end; null for never.';
comment on column mart.freshness.last_received_at is 'When its last file came; null for none.';
comment on column mart.freshness.last_settled_at is 'When the last of its files got its fate; null for none.';
comment on column mart.freshness.waiting_count is 'Files that came and have no fate yet.';
