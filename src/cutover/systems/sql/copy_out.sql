-- purpose: every row of a table as CSV, in order
-- identifiers: table, columns, order
copy (select {columns} from {table} order by {order}) to stdout with (format csv)
