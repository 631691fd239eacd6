-- purpose: the loaded batches of an entity that hold some of its rows
-- params: run_id, entity, rows
select distinct d.seq
from cutover.disposition as d
join cutover.batch as b using (run_id, entity, seq)
where d.run_id = :run_id and d.entity = :entity and b.state = 'loaded' and d."row" = any(:rows)
order by d.seq
