-- purpose: forget what became of a batch's rows (and, by cascade, their rejects); the rows' range lets the key find them
-- params: run_id, entity, seq, first_row, last_row
delete from cutover.disposition
where run_id = :run_id and entity = :entity and seq = :seq and "row" between :first_row and :last_row
