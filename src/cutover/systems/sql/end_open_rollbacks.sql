-- purpose: close a rollback of another scope that was not finished; its counts say what it did
-- params: run_id, ended_at
update cutover.rollback set ended_at = :ended_at where run_id = :run_id and ended_at is null
