-- purpose: forget what the ledger says of an entity's change log, before it is written anew
-- params: snapshot_id, entity
-- identifiers:
delete from cutover.change_log where snapshot_id = :snapshot_id and entity = :entity
