-- Version of what consumers may rely on
create or replace view mart.version as
  select 2 as mart_version, date '2026-11-30' as changed_on;

grant select on mart.version to tiendo_reader, tiendo_loader;

comment on view mart.version is
  'Version of what consumers may rely on, and the day it was made. One row. What changed: docs/mart-changelog.md.';
comment on column mart.version.mart_version is
  '1 up to November 2026; counts up whenever a relation or a column is added or given up.';
comment on column mart.version.changed_on is 'Day of the change.';
