-- purpose: the tables of some schemas with their columns (null for a table without any); partitions count as part of theirs
-- params: schemas
select n.nspname || '.' || c.relname as table_name, a.attname as column_name
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = any(:schemas) and n.nspname <> 'cutover' and c.relkind in ('r', 'p') and not c.relispartition
order by n.nspname, c.relname
