-- purpose: the values to put back beside their row's key as one text, so that no column name occurs twice
-- identifiers: keys, columns
create temporary table cutover_values on commit drop as
select row({keys})::text as cutover_key, {columns}
from pg_temp.cutover_before
where ({keys}) in (select {keys} from pg_temp.cutover_after except select {keys} from pg_temp.cutover_conflict)
