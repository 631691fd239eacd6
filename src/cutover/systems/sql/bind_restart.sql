-- purpose: bind what restart_sequence does
-- params: sequence, value
select set_config('cutover.sequence', :sequence, true), set_config('cutover.value', :value, true)
