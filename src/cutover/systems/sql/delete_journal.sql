-- purpose: forget what a batch wrote, after it was taken back
-- params: run_id, entity, seq
delete from cutover.journal where run_id = :run_id and entity = :entity and seq = :seq
