-- Published editions
create or replace view mart.edition as
  select plan_code, period, edition, as_of, approved_by, approved_at, manifest_sha256, manifest,
    published_at, plan_code || '/' || period as period_key
  from core.edition;

grant select on mart.edition to tiendo_reader, tiendo_loader;

comment on view mart.edition is 'Published editions. Frozen: none changes after it is published.';
comment on column mart.edition.plan_code is 'The plan.';
comment on column mart.edition.period is 'The period.';
comment on column mart.edition.edition is '1 for the first published, counting up.';
comment on column mart.edition.as_of is 'The edition holds what was known at this instant.';
comment on column mart.edition.approved_by is 'Who approved it.';
comment on column mart.edition.approved_at is 'When.';
comment on column mart.edition.manifest_sha256 is 'SHA-256 of manifest.json.';
comment on column mart.edition.manifest is 'The manifest: hashes of every output and every input file.';
comment on column mart.edition.published_at is 'When it became part of what is known.';
comment on column mart.edition.period_key is 'Key of the period in one column, as in period.';
