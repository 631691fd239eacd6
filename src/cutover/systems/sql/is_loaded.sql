-- purpose: whether anything of an entity is loaded from a snapshot
-- params: snapshot_id, entity
select exists (
    select from cutover.batch as b
    join cutover.run as r using (run_id)
    where r.snapshot_id = :snapshot_id and b.entity = :entity and b.state = 'loaded'
)
