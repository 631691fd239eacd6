-- purpose: a snapshot as registered
-- params: snapshot_id
select snapshot_id, taken_at, manifest from cutover.snapshot where snapshot_id = :snapshot_id
