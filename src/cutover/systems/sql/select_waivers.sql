-- purpose: the latest waiver of each check of a gate on a snapshot
-- params: snapshot_id, gate
-- identifiers:
select distinct on (c.check_id, coalesce(c.entity, '')) c.check_id, c.entity, c.value, c.evidence -> 'waiver' as waiver
from cutover.check_result c
where c.snapshot_id = :snapshot_id and c.gate = :gate and c.status = 'waived'
order by c.check_id, coalesce(c.entity, ''), c.check_result_id desc
