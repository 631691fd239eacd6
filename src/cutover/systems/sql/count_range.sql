-- purpose: how many rows of a table have keys in a range
-- params: first, end
-- identifiers: table, key
select count(*) from {table} where {key} >= :first and {key} < :end
