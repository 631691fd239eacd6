-- purpose: bind a range of keys to the transaction
-- params: first, end
select set_config('cutover.first', :first, true), set_config('cutover.end', :end, true)
