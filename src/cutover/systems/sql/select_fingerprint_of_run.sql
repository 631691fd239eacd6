-- purpose: the last fingerprint that was taken of a run at a moment
-- params: run_id, moment
-- identifiers:
select distinct on (table_name) table_name, rows, digest
from cutover.fingerprint
where run_id = :run_id and moment = :moment
order by table_name, fingerprint_id desc
