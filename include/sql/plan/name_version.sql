-- Gives the version that was taken over from a warehouse without kept registers its own hash
update core.version set version_sha256 = :version_sha256
where plan_code = :plan_code and version_sha256 = 'register ' || :register_sha256
