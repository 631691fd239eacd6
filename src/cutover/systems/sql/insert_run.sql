-- purpose: start a run, unless one of the wave is active
-- params: wave, kind, snapshot_id, entities, spec_sha256, spec_files, package_version, params, started_at
insert into cutover.run
    (wave, kind, snapshot_id, entities, spec_sha256, spec_files, package_version, params, started_at)
values
    (:wave, :kind, :snapshot_id, :entities, :spec_sha256, cast(:spec_files as jsonb), :package_version,
     cast(:params as jsonb), :started_at)
on conflict (wave) where status = 'active' do nothing
returning run_id
