-- purpose: one step of a batch
-- params: run_id, entity, seq, step
select table_name, operation, key_columns, columns, rows, before, after
from cutover.journal
where run_id = :run_id and entity = :entity and seq = :seq and step = :step
