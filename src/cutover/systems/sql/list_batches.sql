-- purpose: the batches of a run, or of one of its entities
-- params: run_id, entity
select run_id, entity, seq, state, rows_read, rows_loaded, rows_merged, rows_dropped, rows_rejected, rows_written,
       first_row, last_row, digest
from cutover.batch
where run_id = :run_id and (cast(:entity as text) is null or entity = :entity)
order by entity, seq
