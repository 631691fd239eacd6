-- purpose: the columns of a table, in order, with what a mapping must respect
-- params: table_name
select a.attname                                             as name,
       pg_catalog.format_type(a.atttypid, null)              as type,
       case when a.atttypid in ('varchar'::regtype, 'bpchar'::regtype) and a.atttypmod > 0
            then a.atttypmod - 4 end                         as length,
       case when a.atttypid = 'numeric'::regtype and a.atttypmod > 0
            then ((a.atttypmod - 4) >> 16) & 65535 end       as precision,
       case when a.atttypid = 'numeric'::regtype and a.atttypmod > 0
            -- The scale is an eleven bit number with a sign since PostgreSQL 15.
            then (((a.atttypmod - 4) & 2047) # 1024) - 1024 end as scale,
       not a.attnotnull                                      as nullable,
       a.atthasdef and a.attgenerated = '' or t.typdefault is not null as has_default,
       a.attidentity                                         as identity,
       a.attgenerated <> ''                                  as generated,
       pg_catalog.pg_get_serial_sequence(:table_name, a.attname) as sequence
from pg_catalog.pg_attribute as a
join pg_catalog.pg_type as t on t.oid = a.atttypid
where a.attrelid = to_regclass(:table_name) and a.attnum > 0 and not a.attisdropped
order by a.attnum
