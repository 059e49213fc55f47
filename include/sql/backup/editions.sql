-- Published editions with the hash of their manifest, and the manifest
select plan_code, period, edition, manifest_sha256, manifest from core.edition order by plan_code, period, edition
