-- purpose: the values to put back beside their row's key as one text, so that no column name occurs twice
-- identifiers: keys, columns, before, after, conflicts
create temporary table cutover_values on commit drop as
select row({keys})::text as cutover_key, {columns}
from {before}
where ({keys}) in (select {keys} from {after} except select {keys} from {conflicts})
