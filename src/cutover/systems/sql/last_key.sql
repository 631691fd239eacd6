-- purpose: the greatest key in a table
-- identifiers: table, key
select max({key}) from {table}
