-- purpose: keep a run from being ended until the transaction ends
-- params: run_id
select run_id from cutover.run where run_id = :run_id for share
