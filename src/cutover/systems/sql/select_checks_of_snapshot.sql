-- purpose: the latest result of each check on a snapshot, whichever run it was evaluated for
-- params: snapshot_id
-- identifiers:
select distinct on (c.gate, c.check_id, coalesce(c.entity, ''))
       c.gate, c.check_id, c.entity, c.run_id, c.numerator, c.denominator, c.value, c.threshold, c.severity, c.status,
       c.message, c.evidence
from cutover.check_result c
left join cutover.run r using (run_id)
where coalesce(c.snapshot_id, r.snapshot_id) = :snapshot_id
order by c.gate, c.check_id, coalesce(c.entity, ''), c.check_result_id desc
