-- purpose: the last run of a kind in a wave
-- params: wave, kind
-- identifiers:
select run_id from cutover.run where wave = :wave and kind = :kind order by run_id desc limit 1
