-- purpose: the corrections of some entities of a snapshot that hold, in the order in which they were made
-- params: snapshot_id, entities
select correction_id, entity, "row", "column", before, after, by_whom, src_key
from cutover.correction
where snapshot_id = :snapshot_id and entity = any(:entities) and withdrawn_at is null
order by correction_id
