-- purpose: append rows that are sent as CSV
-- identifiers: table, columns
copy {table} ({columns}) from stdin with (format csv)
