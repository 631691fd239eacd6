-- purpose: the transaction that wrote a batch
-- params: run_id, entity, seq
select cast(xact as text) from cutover.batch where run_id = :run_id and entity = :entity and seq = :seq
