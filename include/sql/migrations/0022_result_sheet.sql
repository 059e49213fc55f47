-- A body's result sheet is put into its outbox: core.edition_delivery notes that too.
alter table core.edition_delivery drop constraint edition_delivery_outcome_check;
alter table core.edition_delivery add constraint edition_delivery_outcome_check
  check (outcome in ('queued', 'no_address', 'no_connection', 'outbox'));
