-- purpose: the rejects of an entity in a run, as people see them
-- params: run_id, entity
select r."row", r.src_key, r.rule, r."column", r.reason, r.severity, r.stage, r.constraint_name, r.owner, r.due
from cutover.reject as r
join cutover.batch as b using (run_id, entity, seq)
where r.run_id = :run_id and r.entity = :entity and b.state = 'loaded'
order by r."row", r.rule, r."column"
