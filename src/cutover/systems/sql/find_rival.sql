-- purpose: an active run of another wave that moves one of some entities
-- params: wave, entities
select run_id, wave from cutover.run
where status = 'active' and wave <> :wave and entities && cast(:entities as text[])
order by run_id
limit 1
