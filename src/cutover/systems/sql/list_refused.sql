-- purpose: the rows of an entity that stand rejected since its load, while their batch is loaded
-- params: entity, snapshot_id
select r."row", r.seq, r.src_key, r.rule, r."column", r.reason, r.constraint_name
from cutover.reject as r
join cutover.batch as b using (run_id, entity, seq)
join cutover.run as n using (run_id)
where r.entity = :entity and r.stage = 'load' and b.state = 'loaded' and n.snapshot_id = :snapshot_id
order by r."row"
