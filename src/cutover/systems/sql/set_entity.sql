-- purpose: bind an entity to the transaction, for COPY, which takes no parameters
-- params: entity
select set_config('cutover.entity', :entity, true)
