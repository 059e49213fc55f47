-- Enters what messages carried beside their text
insert into intake.mail_part (mail_id, part, claim_id, name, content_type, size_bytes, fate)
select * from unnest(
  cast(:mail_ids as bigint[]), cast(:parts as text[]), cast(:claim_ids as text[]), cast(:names as text[]),
  cast(:content_types as text[]), cast(:sizes as bigint[]), cast(:fates as text[]))
on conflict do nothing
