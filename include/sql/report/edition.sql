-- One published edition as it was frozen
select as_of, approved_by, approved_at, manifest_sha256, manifest from core.edition
where plan_code = :plan_code and period = :period and edition = :edition
