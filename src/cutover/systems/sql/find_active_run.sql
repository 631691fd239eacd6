-- purpose: the active run of a wave
-- params: wave
select run_id from cutover.run where wave = :wave and status = 'active'
