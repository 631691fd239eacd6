-- purpose: the next free number of a counter; the caller adds the row's key
-- identifiers: table, next
select {next} from {table} where true
