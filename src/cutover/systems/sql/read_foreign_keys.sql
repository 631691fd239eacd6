-- purpose: the foreign keys of a table, and those of others that refer to it
-- params: table_name
select c.conname as name,
       child.nspname || '.' || child.relname as child,
       array(select a.attname::text from unnest(c.conkey) with ordinality as k (attnum, place)
             join pg_catalog.pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum
             order by k.place) as child_columns,
       parent.nspname || '.' || parent.relname as parent,
       array(select a.attname::text from unnest(c.confkey) with ordinality as k (attnum, place)
             join pg_catalog.pg_attribute as a on a.attrelid = c.confrelid and a.attnum = k.attnum
             order by k.place) as parent_columns
from pg_catalog.pg_constraint as c
join (select r.oid, n.nspname, r.relname from pg_catalog.pg_class as r
      join pg_catalog.pg_namespace as n on n.oid = r.relnamespace) as child on child.oid = c.conrelid
join (select r.oid, n.nspname, r.relname from pg_catalog.pg_class as r
      join pg_catalog.pg_namespace as n on n.oid = r.relnamespace) as parent on parent.oid = c.confrelid
where c.contype = 'f' and c.conparentid = 0
  and (c.conrelid = to_regclass(:table_name) or c.confrelid = to_regclass(:table_name))
order by c.conname, child.relname
