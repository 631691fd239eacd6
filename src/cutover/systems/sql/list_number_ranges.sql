-- purpose: the counters that a run moved
-- params: run_id
select table_name, row_key, next_column, before, after from cutover.number_range where run_id = :run_id
