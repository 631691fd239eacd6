-- purpose: find the values of a row at once
create index on pg_temp.cutover_values (cutover_key)
