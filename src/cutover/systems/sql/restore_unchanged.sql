-- purpose: put the before-images back where nobody changed the row since
-- identifiers: table, keys, columns, after
update {table}
set ({columns}) = (select {columns} from pg_temp.cutover_values where cutover_key = row({keys})::text)
where ({keys}) in (select {keys} from {after})
  and row({keys})::text in (select cutover_key from pg_temp.cutover_values)
