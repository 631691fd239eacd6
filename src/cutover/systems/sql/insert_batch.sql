-- purpose: write the row of a batch
-- params: run_id, entity, seq, state, rows_read, rows_loaded, rows_merged, rows_dropped, rows_rejected, rows_written, first_row, last_row, digest
insert into cutover.batch
    (run_id, entity, seq, state, rows_read, rows_loaded, rows_merged, rows_dropped, rows_rejected, rows_written,
     first_row, last_row, digest)
values
    (:run_id, :entity, :seq, :state, :rows_read, :rows_loaded, :rows_merged, :rows_dropped, :rows_rejected, :rows_written,
     :first_row, :last_row, :digest)
