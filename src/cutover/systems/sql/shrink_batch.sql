-- purpose: count rejected rows out of a batch; an empty batch has no bounds
-- params: run_id, entity, seq, rows
update cutover.batch
set rows_read = rows_read - :rows, rows_rejected = rows_rejected - :rows,
    first_row = case when rows_read > :rows then first_row end, last_row = case when rows_read > :rows then last_row end
where run_id = :run_id and entity = :entity and seq = :seq
