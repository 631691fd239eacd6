-- purpose: one run
-- params: run_id
select run_id, wave, kind, snapshot_id, entities, spec_sha256, spec_files, package_version, params, status, started_at, ended_at
from cutover.run
where run_id = :run_id
