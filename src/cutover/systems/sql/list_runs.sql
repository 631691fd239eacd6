-- purpose: every run, the first one first
-- params:
select run_id, wave, kind, snapshot_id, entities, spec_sha256, spec_files, package_version, params, status, started_at, ended_at
from cutover.run
order by run_id
