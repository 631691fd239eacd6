-- purpose: a place for some columns of a table's rows, until the transaction ends, unless it is there already
-- identifiers: room, table, columns
create temporary table if not exists {room} on commit drop as select {columns} from {table} with no data
