-- purpose: take rejected rows out of a batch (their rejects go with them): they are about to have another outcome
-- params: run_id, entity, seq, rows
delete from cutover.disposition
where run_id = :run_id and entity = :entity and seq = :seq and outcome = 'rejected' and "row" = any(:rows)
