-- purpose: say that a batch is no longer in the target
-- params: run_id, entity, seq
update cutover.batch set state = 'rolled_back' where run_id = :run_id and entity = :entity and seq = :seq
