-- purpose: put what a cleansing proposes into the queue; what is open already shows the newest proposal
-- params: entity, snapshot_id
insert into cutover.proposal (proposal_id, entity, rule, "column", src_key, before, after, first_snapshot, last_snapshot)
select distinct on (1)
       encode(sha256(convert_to(concat_ws(chr(31), :entity, rule, "column", src_key, before), 'UTF8')), 'hex'),
       :entity, rule, "column", src_key, before, after, :snapshot_id, :snapshot_id
from cutover_proposed
on conflict (proposal_id) do update set after = excluded.after, last_snapshot = excluded.last_snapshot
where proposal.state = 'open'
