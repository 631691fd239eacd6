-- purpose: whether any row of the image is gone or was written by another transaction since; the range of the first key
-- column tells the planner that a batch is a small piece of its table. The transaction is compared outside of `where`: the
-- planner would take it to leave one row, and look through the image anew for each of them
-- params: xact
-- identifiers: table, keys, key
select (
    select count(*) filter (where xmin = cast(cast(:xact as xid8) as xid)) from {table}
    where ({keys}) in (select {keys} from pg_temp.cutover_after)
      and {key} >= (select {key} from pg_temp.cutover_after order by {key} limit 1)
      and {key} <= (select {key} from pg_temp.cutover_after order by {key} desc limit 1)
) <> (select count(*) from pg_temp.cutover_after)
