-- purpose: keep what a batch wrote
-- params: run_id, entity, seq, step, table_name, operation, key_columns, columns, rows, before, after
insert into cutover.journal
    (run_id, entity, seq, step, table_name, operation, key_columns, columns, rows, before, after)
values
    (:run_id, :entity, :seq, :step, :table_name, :operation, :key_columns, :columns, :rows, :before, :after)
