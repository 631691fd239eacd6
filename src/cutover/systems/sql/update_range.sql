-- purpose: keep where a sequence stood before it was moved behind its range again
-- params: snapshot_id, entity, table_name, sequence_before, called_before
update cutover.key_range set sequence_before = :sequence_before, called_before = :called_before
where snapshot_id = :snapshot_id and entity = :entity and table_name = :table_name
