-- purpose: bind what copy_dispositions reads; COPY takes no parameters
-- params: run_id, entity, first, last
select set_config('cutover.run', :run_id, true), set_config('cutover.entity', :entity, true),
       set_config('cutover.first', :first, true), set_config('cutover.last', :last, true)
