-- purpose: the last decision on a gate of a run
-- params: run_id, gate
-- identifiers:
select decision, person, evidence_sha256
from cutover.signoff
where run_id = :run_id and gate = :gate
order by signoff_id desc
limit 1
