-- purpose: remember where a run moved a counter from
-- params: run_id, table_name, row_key, next_column, before, after
insert into cutover.number_range (run_id, table_name, row_key, next_column, before, after)
values (:run_id, :table_name, cast(:row_key as jsonb), :next_column, :before, :after)
-- A replay brings more numbers: from where the counter was moved first, that stays.
on conflict (run_id, table_name, row_key) do update set after = excluded.after
