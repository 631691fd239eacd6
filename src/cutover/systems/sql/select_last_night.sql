-- purpose: the last night of a wave
-- params: wave
-- identifiers:
select n.night_id, n.status, n.compared, n.matched, n.explained, n.broken, n.not_compared
from cutover.night n
join cutover.run r using (run_id)
where r.wave = :wave
order by n.night_id desc
limit 1
