-- purpose: the full name of a table, null when there is none
-- params: table_name
select n.nspname || '.' || c.relname
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.oid = to_regclass(:table_name) and c.relkind in ('r', 'p')
