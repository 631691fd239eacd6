-- purpose: the latest result of each check that bears on a run: its own, and those of its snapshot
-- params: run_id
-- identifiers:
select distinct on (c.gate, c.check_id, coalesce(c.entity, ''))
       c.gate, c.check_id, c.entity, c.value, c.threshold, c.severity, c.status, c.message, c.evidence
from cutover.check_result c
join cutover.run r on r.run_id = :run_id
where c.run_id = r.run_id or (c.run_id is null and c.snapshot_id = r.snapshot_id)
order by c.gate, c.check_id, coalesce(c.entity, ''), c.check_result_id desc
