-- purpose: the sequence that a column draws from
-- params: table_name, id_column
select n.nspname || '.' || c.relname as sequence, s.seqincrement as increment
from pg_catalog.pg_sequence as s
join pg_catalog.pg_class as c on c.oid = s.seqrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where s.seqrelid = to_regclass(pg_catalog.pg_get_serial_sequence(:table_name, :id_column))
