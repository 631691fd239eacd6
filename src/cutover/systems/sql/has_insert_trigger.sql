-- purpose: whether a table's own triggers may change what is inserted
-- params: table_name
select exists (
    select from pg_catalog.pg_trigger as t
    where t.tgrelid = to_regclass(:table_name) and not t.tgisinternal and t.tgtype & 4 = 4 and t.tgenabled <> 'D'
)
