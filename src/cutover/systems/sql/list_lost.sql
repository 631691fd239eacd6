-- purpose: the source keys of an entity that stand in the target now and of which the legacy system yields no row that
-- moves, and whether it still yields one that does not
-- params: entity
select d.src_key, coalesce(bool_or(s.src_key is not null), false) as is_present
from cutover.disposition d
join cutover.batch b using (run_id, entity, seq)
left join pg_temp.cutover_seen s on s.src_key = d.src_key
where d.entity = :entity and b.state = 'loaded' and d.outcome = 'loaded' and d.src_key is not null
group by d.src_key
having not coalesce(bool_or(s.moves), false)
order by d.src_key
