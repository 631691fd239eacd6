-- purpose: begin a night of the dual run
-- params: run_id, snapshot_id, started_at
-- identifiers:
insert into cutover.night (run_id, snapshot_id, started_at) values (:run_id, :snapshot_id, :started_at) returning night_id
