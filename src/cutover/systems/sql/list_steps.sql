-- purpose: the steps of a batch, the last first
-- params: run_id, entity, seq
select step from cutover.journal where run_id = :run_id and entity = :entity and seq = :seq order by step desc
