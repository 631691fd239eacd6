-- purpose: the run that holds loaded rows of an entity from a snapshot, if there is one
-- params: entity, snapshot_id
select r.run_id
from cutover.run as r
where r.snapshot_id = :snapshot_id
  and exists (select from cutover.batch as b where b.run_id = r.run_id and b.entity = :entity and b.state = 'loaded')
order by r.run_id
limit 1
