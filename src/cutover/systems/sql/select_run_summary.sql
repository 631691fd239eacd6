-- purpose: what a run is
-- params: run_id
-- identifiers:
select run_id, kind, wave, snapshot_id, status from cutover.run where run_id = :run_id
