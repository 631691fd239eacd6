-- purpose: delete the rows that are as they were left and that nothing refers to
-- identifiers: table, keys, key, after, conflicts
delete from {table}
where ({keys}) in (
          select {keys} from {after}
          except
          select {keys} from {conflicts}
      )
  and {key} >= (select {key} from {after} order by {key} limit 1)
  and {key} <= (select {key} from {after} order by {key} desc limit 1)
