-- purpose: one batch
-- params: run_id, entity, seq
select run_id, entity, seq, state, rows_read, rows_loaded, rows_merged, rows_dropped, rows_rejected, rows_written,
       first_row, last_row, digest
from cutover.batch
where run_id = :run_id and entity = :entity and seq = :seq
