-- purpose: the rows with the staged keys as CSV, in order
-- identifiers: table, columns, keys, order
copy (
    select {columns} from {table}
    where ({keys}) in (select {keys} from pg_temp.cutover_keys)
    order by {order}
) to stdout with (format csv)
