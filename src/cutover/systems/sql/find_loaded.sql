-- purpose: which of some entities are loaded, and by which run
-- params: entities
select distinct run_id, entity from cutover.batch
where state = 'loaded' and entity = any(:entities)
order by run_id, entity
