-- Stores a version; its rows follow
insert into core.version (plan_code, version_sha256) values (:plan_code, :version_sha256) returning version_id
