-- purpose: let one worker at a time hold a batch; the lock ends with the transaction
-- params: run_id, entity, seq
select pg_advisory_xact_lock(hashtext('cutover batch'), hashtext(:run_id || '/' || :entity || '/' || :seq))
