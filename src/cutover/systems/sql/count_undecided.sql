-- purpose: the rejects of an entity in a run, and how many of them lack an owner, a reason or a due date
-- params: run_id, entity
select count(*) as rejects,
       count(*) filter (where r.owner = '') as ownerless,
       count(*) filter (where r.reason = '') as reasonless,
       count(*) filter (where upper(r.reason) = 'UNKNOWN') as unknown,
       count(*) filter (where r.due is null) as undated
from cutover.reject as r
join cutover.batch as b using (run_id, entity, seq)
where r.run_id = :run_id and r.entity = :entity and b.state = 'loaded'
