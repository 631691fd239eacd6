-- purpose: forget a batch that was rolled back, to load it again
-- params: run_id, entity, seq
delete from cutover.batch where run_id = :run_id and entity = :entity and seq = :seq and state = 'rolled_back'
