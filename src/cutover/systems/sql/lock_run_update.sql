-- purpose: keep a run from being loaded or ended by anybody else until the transaction ends
-- params: run_id
select run_id from cutover.run where run_id = :run_id for update
