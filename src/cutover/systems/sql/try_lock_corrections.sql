-- purpose: let one caller at a time correct and replay a snapshot, without waiting; the lock ends with the transaction
-- params: snapshot_id
-- identifiers:
select pg_try_advisory_xact_lock(hashtext('cutover corrections'), hashtext(:snapshot_id))
