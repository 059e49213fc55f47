-- Published editions with the hash of their manifest, and the manifest
select period, edition, manifest_sha256, manifest from core.edition order by period, edition
