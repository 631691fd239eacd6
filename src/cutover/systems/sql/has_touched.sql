-- purpose: lock the rows of the image, so that nobody works on them from here to the end of the transaction, and tell
-- whether any of them is gone or was written by another transaction since; the range of the first key column tells the
-- planner that a batch is a small piece of its table. The transaction is compared outside of `where`: the planner would
-- take it to leave one row, and look through the image anew for each of them
-- params: xact
-- identifiers: table, keys, key, after
with held as materialized (
    select xmin as written_by from {table}
    where ({keys}) in (select {keys} from {after})
      and {key} >= (select {key} from {after} order by {key} limit 1)
      and {key} <= (select {key} from {after} order by {key} desc limit 1)
    for update
)
select (select count(*) filter (where written_by = cast(cast(:xact as xid8) as xid)) from held)
       <> (select count(*) from {after})
