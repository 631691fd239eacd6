-- purpose: count one more batch that was taken back
-- params: rollback_id, removed, restored, kept
update cutover.rollback
set batches = batches + 1, rows_removed = rows_removed + :removed, rows_restored = rows_restored + :restored,
    rows_kept = rows_kept + :kept
where rollback_id = :rollback_id
