-- purpose: record what a person says of a pair; it may be said again, until it is loaded
-- params: pair_id, state, decided_by, decided_at
update cutover.pair set state = :state, decided_by = :decided_by, decided_at = :decided_at where pair_id = :pair_id
