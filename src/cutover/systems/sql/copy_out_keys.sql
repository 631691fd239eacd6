-- purpose: the rows with the staged keys as CSV, in order
-- identifiers: table, columns, keys, order, staged
copy (
    select {columns} from {table}
    where ({keys}) in (select {keys} from {staged})
    order by {order}
) to stdout with (format csv)
