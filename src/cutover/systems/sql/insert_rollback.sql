-- purpose: open a rollback
-- params: run_id, entity, seq, reason, by_whom, started_at
insert into cutover.rollback (run_id, entity, seq, reason, by_whom, started_at)
values (:run_id, :entity, :seq, :reason, :by_whom, :started_at)
returning rollback_id
