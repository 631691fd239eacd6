-- purpose: the row of a table whose columns hold these values (column -> text), as JSON column -> text
-- params: wanted
-- identifiers: table
select (select json_object_agg(key, value order by key) from jsonb_each_text(to_jsonb(t)))
from {table} as t
where not exists (
    select from jsonb_each_text(cast(:wanted as jsonb)) as w where to_jsonb(t) ->> w.key is distinct from w.value
)
