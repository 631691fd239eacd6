-- purpose: the rows within the range of keys that the transaction's settings hold as CSV, in order
-- identifiers: table, columns, key, order
copy (
    select {columns} from {table}
    where {key} >= current_setting('cutover.first')::bigint and {key} < current_setting('cutover.end')::bigint
    order by {order}
) to stdout with (format csv)
