-- purpose: add the rows that rows of another table refer to
-- identifiers: keys, child, child_columns, parent_columns
insert into pg_temp.cutover_conflict ({keys}, cutover_why)
select {keys}, 'referred to by other rows'
from pg_temp.cutover_after
where ({parent_columns}) in (select {child_columns} from {child})
  and ({keys}) not in (select {keys} from pg_temp.cutover_conflict)
