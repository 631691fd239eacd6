-- purpose: the sequences of some schemas that this login may alter
-- params: schemas
select n.nspname || '.' || c.relname as sequence
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(:schemas) and n.nspname <> 'cutover' and c.relkind = 'S'
    and pg_catalog.pg_has_role(c.relowner, 'USAGE')
order by n.nspname, c.relname
