-- purpose: the last rollback of a run, when it is the one that is asked for and was finished
-- params: run_id, entity, seq, reason, by_whom
select rollback_id, run_id, batches, rows_removed, rows_restored, rows_kept, original_state
from cutover.rollback
where rollback_id = (select max(rollback_id) from cutover.rollback where run_id = :run_id) and ended_at is not null
  and entity is not distinct from cast(:entity as text) and seq is not distinct from cast(:seq as int)
  and reason = :reason and by_whom = :by_whom
