-- purpose: delete the rows of an image that is in no conflict
-- identifiers: table, keys, key, after
delete from {table}
where ({keys}) in (select {keys} from {after})
  and {key} >= (select {key} from {after} order by {key} limit 1)
  and {key} <= (select {key} from {after} order by {key} desc limit 1)
