-- purpose: how many rows of a table have one of the staged keys
-- identifiers: table, keys, staged
select count(*) from {table} where ({keys}) in (select {keys} from {staged})
