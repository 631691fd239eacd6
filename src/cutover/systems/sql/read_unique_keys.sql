-- purpose: the sets of columns that are unique in a table, the primary key first
-- params: table_name
select array(
           select a.attname::text
           from unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
           join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum
           where k.place <= i.indnkeyatts
           order by k.place
       ) as columns
from pg_catalog.pg_index as i
where i.indrelid = to_regclass(:table_name) and i.indisunique and i.indpred is null and i.indexprs is null
order by i.indisprimary desc, i.indexrelid
