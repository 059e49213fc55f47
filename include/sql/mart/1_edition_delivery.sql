-- Whom a published edition was sent to
create or replace view mart.edition_delivery as
  select plan_code, period, edition, recipient, address, outcome, recorded_at
  from core.edition_delivery;

grant select on mart.edition_delivery to tiendo_reader, tiendo_loader;

comment on view mart.edition_delivery is
  'Whom a published edition was sent to: one row per recipient of the register (Nơi nhận) and address, or why it was not sent.';
comment on column mart.edition_delivery.plan_code is 'The plan.';
comment on column mart.edition_delivery.period is 'The period.';
comment on column mart.edition_delivery.edition is 'Number of the edition.';
comment on column mart.edition_delivery.recipient is 'The line of Nơi nhận.';
comment on column mart.edition_delivery.address is 'Mail address; empty where the register has none.';
comment on column mart.edition_delivery.outcome is
  'queued (mail handed to the outgoing queue, once), no_address (the register gives none) or no_connection (no mail server is configured).';
comment on column mart.edition_delivery.recorded_at is 'When this was recorded.';
