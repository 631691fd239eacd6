-- purpose: keep the rows that stay as people made them: as loaded, and as found (null when deleted)
-- params: rollback_id, table_name
-- identifiers: table, keys, after, conflicts
insert into cutover.carry_back (rollback_id, table_name, row_key, loaded, found)
select :rollback_id, :table_name, concat_ws('|', {keys}), to_jsonb(a), to_jsonb(t)
from {conflicts} as c
join {after} as a using ({keys})
left join {table} as t using ({keys})
