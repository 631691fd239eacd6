-- purpose: close a rollback with its proof
-- params: rollback_id, original_state, ended_at
update cutover.rollback set original_state = :original_state, ended_at = :ended_at
where rollback_id = :rollback_id
returning batches, rows_removed, rows_restored, rows_kept
