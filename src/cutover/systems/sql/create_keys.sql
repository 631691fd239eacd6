-- purpose: a place for keys with the types of their table, until the transaction ends
-- identifiers: table, keys
create temporary table cutover_keys on commit drop as select {keys} from {table} with no data
