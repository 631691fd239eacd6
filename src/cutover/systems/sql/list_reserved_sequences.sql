-- purpose: the sequences that keys are reserved from and that are still there
select distinct k.sequence_name
from cutover.key_range as k
join pg_catalog.pg_class as c on c.relkind = 'S'
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname || '.' || c.relname = k.sequence_name
where k.rows > 0
order by k.sequence_name
