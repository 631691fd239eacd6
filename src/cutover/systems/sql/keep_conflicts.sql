-- purpose: keep the rows that stay as people made them: as loaded, and as found (null when deleted)
-- params: rollback_id, table_name
-- identifiers: table, keys
insert into cutover.carry_back (rollback_id, table_name, row_key, loaded, found)
select :rollback_id, :table_name, concat_ws('|', {keys}), to_jsonb(a), to_jsonb(t)
from pg_temp.cutover_conflict as c
join pg_temp.cutover_after as a using ({keys})
left join {table} as t using ({keys})
