-- purpose: the rollback of a scope that was not finished
-- params: run_id, entity, seq
select rollback_id from cutover.rollback
where run_id = :run_id and ended_at is null
  and entity is not distinct from cast(:entity as text) and seq is not distinct from cast(:seq as int)
