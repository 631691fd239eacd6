-- purpose: the keys reserved for a table of an entity
-- params: snapshot_id, entity, table_name
select * from cutover.key_range
where snapshot_id = :snapshot_id and entity = :entity and table_name = :table_name
