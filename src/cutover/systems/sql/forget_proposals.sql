-- purpose: take away what is open and no longer proposed
-- params: entity
delete from cutover.proposal as p
where p.entity = :entity and p.state = 'open'
  and not exists (
      select from cutover_proposed as c
      where c.rule = p.rule and c."column" = p."column" and c.src_key = p.src_key and c.before = p.before
  )
