-- purpose: the pairs of an entity or of all, in one state or in all, the likeliest first
-- params: entity, state
select pair_id, entity, rule, first_key, second_key, score, same_identity, likely, state, decided_by, decided_at
from cutover.pair
where (cast(:entity as text) is null or entity = :entity) and (cast(:state as text) is null or state = :state)
order by entity, likely desc, score desc, first_key, second_key
