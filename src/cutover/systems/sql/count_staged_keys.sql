-- purpose: how many rows of a table have one of the staged keys
-- identifiers: table, keys
select count(*) from {table} where ({keys}) in (select {keys} from pg_temp.cutover_keys)
