-- The id of a version that is stored
select version_id from core.version where plan_code = :plan_code and version_sha256 = :version_sha256
