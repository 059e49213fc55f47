-- Enters an edition, which freezes it
insert into core.edition
  (plan_code, period, edition, as_of, approved_by, approved_at, published_at, manifest_sha256, manifest)
values (
  :plan_code, :period, :edition, :as_of, :approved_by, :approved_at, :published_at, :manifest_sha256,
  cast(:manifest as jsonb)
)
