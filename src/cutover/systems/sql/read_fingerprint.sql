-- purpose: the latest fingerprint of a run at a moment (its lines share the time of their transaction)
-- params: run_id, moment
select kind, table_name, rows, digest
from cutover.fingerprint
where run_id = :run_id and moment = :moment
  and taken_at = (select max(taken_at) from cutover.fingerprint where run_id = :run_id and moment = :moment)
order by fingerprint_id
