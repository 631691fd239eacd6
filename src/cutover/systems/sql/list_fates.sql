-- purpose: what became of a source row in every run, the newest run last
-- params: entity, row, snapshot
select d.run_id, r.kind, d.seq, b.state, d.outcome, d.tgt_key, d.survivor, d.rule, d.reason
from cutover.disposition as d
join cutover.batch as b using (run_id, entity, seq)
join cutover.run as r using (run_id)
where d.entity = :entity and d."row" = :row and r.snapshot_id = :snapshot
order by d.run_id
