-- purpose: delete the rows of an image that is in no conflict
-- identifiers: table, keys, key
delete from {table}
where ({keys}) in (select {keys} from pg_temp.cutover_after)
  and {key} >= (select {key} from pg_temp.cutover_after order by {key} limit 1)
  and {key} <= (select {key} from pg_temp.cutover_after order by {key} desc limit 1)
