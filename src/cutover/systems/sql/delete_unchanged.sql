-- purpose: delete the rows that are as they were left and that nothing refers to
-- identifiers: table, keys, key
delete from {table}
where ({keys}) in (
          select {keys} from pg_temp.cutover_after
          except
          select {keys} from pg_temp.cutover_conflict
      )
  and {key} >= (select {key} from pg_temp.cutover_after order by {key} limit 1)
  and {key} <= (select {key} from pg_temp.cutover_after order by {key} desc limit 1)
