-- purpose: let one caller at a time reserve the keys of an entity; the lock ends with the transaction
-- params: snapshot_id, entity, table_name
select pg_advisory_xact_lock(hashtext('cutover keys'), hashtext(:snapshot_id || '/' || :entity || '/' || :table_name))
