-- purpose: the sequences of some schemas
-- params: schemas
select n.nspname || '.' || c.relname as sequence
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(:schemas) and n.nspname <> 'cutover' and c.relkind = 'S'
order by n.nspname, c.relname
