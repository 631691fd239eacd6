-- purpose: the proposals of an entity or of all, in one state or in all, in the order of the queue
-- params: entity, state
select proposal_id, entity, rule, "column", src_key, before, after, state, decided_by, decided_at
from cutover.proposal
where (cast(:entity as text) is null or entity = :entity) and (cast(:state as text) is null or state = :state)
order by entity, rule, "column", src_key, before
