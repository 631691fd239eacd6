-- purpose: the rejected rows of an entity in a run, with the batch that holds them and the newest correction it knew
-- params: run_id, entity
select d."row", d.seq, d.rule, d.reason, coalesce(bool_or(r.stage = 'load'), false) as refused,
       coalesce(max(r.last_correction), 0) as last_correction
from cutover.disposition as d
join cutover.batch as b using (run_id, entity, seq)
left join cutover.reject as r on r.run_id = d.run_id and r.entity = d.entity and r."row" = d."row"
where d.run_id = :run_id and d.entity = :entity and d.outcome = 'rejected' and b.state = 'loaded'
group by d."row", d.seq, d.rule, d.reason
order by d."row"
