-- What a row may never say, refused by the database too, whoever writes it: no number, no kind, no edition, no approver.

alter table core.observation add constraint observation_value_is_finite
  check (value not in ('NaN', 'Infinity', '-Infinity'));

alter table core.indicator_status
  add constraint indicator_status_kind_is_known check (value_kind in ('actual', 'estimate')),
  add constraint indicator_status_basis_is_known check (value_basis in ('quarter', 'year_to_date')),
  add constraint indicator_status_numbers_are_finite check (
    not array[value, expected_value, ratio, margin, margin_up, margin_down, needed]
      && array['NaN', 'Infinity', '-Infinity']::numeric[]);

-- Editions follow each other: 99 is none without 98.
alter table core.edition
  add column follows integer generated always as (nullif(edition - 1, 0)) stored,
  add constraint edition_follows_another
    foreign key (plan_code, period, follows) references core.edition (plan_code, period, edition),
  add constraint edition_is_approved_by_someone check (btrim(approved_by) <> ''),
  add constraint edition_is_approved_once_shown check (approved_at >= as_of),
  add constraint edition_manifest_has_a_hash check (manifest_sha256 ~ '^[0-9a-f]{64}$');
