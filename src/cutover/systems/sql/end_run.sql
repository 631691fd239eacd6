-- purpose: close a run
-- params: run_id, status, ended_at
update cutover.run set status = :status, ended_at = :ended_at where run_id = :run_id
