-- purpose: open a finished run again
-- params: run_id
update cutover.run set status = 'active', ended_at = null where run_id = :run_id and status = 'finished'
