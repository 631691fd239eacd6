-- purpose: the reservations of some entities, in the order of their keys
-- params: snapshot_id, entities
select * from cutover.key_range
where snapshot_id = :snapshot_id and entity = any(:entities)
order by sequence_name, first_key
