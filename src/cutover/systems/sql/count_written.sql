-- purpose: how many rows the loaded batches of an entity inserted into each table
-- params: run_id, entity
select j.table_name, sum(j.rows)::bigint as rows
from cutover.journal as j
join cutover.batch as b using (run_id, entity, seq)
where j.run_id = :run_id and j.entity = :entity and b.state = 'loaded' and j.operation = 'insert'
group by j.table_name
