-- purpose: an entity's dispositions by outcome, where their batch is loaded
-- params: run_id, entity
select d.outcome, count(*) as rows
from cutover.disposition as d
join cutover.batch as b using (run_id, entity, seq)
where d.run_id = :run_id and d.entity = :entity and b.state = 'loaded'
group by d.outcome
