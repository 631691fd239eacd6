-- purpose: a place for the image of a table's rows, until the transaction ends
-- identifiers: image, table, columns
create temporary table {image} on commit drop as select {columns} from {table} with no data
