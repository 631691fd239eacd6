-- purpose: a break that tonight's comparison of its entity did not find is closed by it
-- params: night_id, compared
-- identifiers:
update cutover.break b
set state = 'closed', closed_by = :night_id
where b.state = 'open' and b.entity = any(:compared) and not exists (select 1 from tonight t where t.break_id = b.break_id)
