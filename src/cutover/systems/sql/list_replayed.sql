-- purpose: the rows of an entity that were replayed, with the batch that holds them now
-- params: run_id, entity, first_replay
select "row", seq from cutover.disposition
where run_id = :run_id and entity = :entity and seq >= :first_replay
order by "row"
