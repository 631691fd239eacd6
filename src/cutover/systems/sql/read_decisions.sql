-- purpose: what stewards decided for an entity
-- params: entity
select src_key, "column", rule, before, after, state, decided_by
from cutover.proposal
where entity = :entity and state <> 'open'
order by proposal_id
