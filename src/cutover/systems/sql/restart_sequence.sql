-- purpose: make a value the next one of a sequence, in the transaction (setval would not be undone with it)
do $$ begin
    execute format('alter sequence %s restart with %s', current_setting('cutover.sequence'),
                   current_setting('cutover.value')::bigint);
end $$
