-- purpose: remember where a run moved a counter from
-- params: run_id, table_name, row_key, next_column, before, after
insert into cutover.number_range (run_id, table_name, row_key, next_column, before, after)
values (:run_id, :table_name, cast(:row_key as jsonb), :next_column, :before, :after)
