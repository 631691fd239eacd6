-- purpose: take away pairs that nobody decided and that are no longer found
-- params: entity
delete from cutover.pair as p
where p.entity = :entity and p.state in ('open', 'automatic')
  and not exists (select from cutover_paired as c where c.first_key = p.first_key and c.second_key = p.second_key)
