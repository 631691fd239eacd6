-- purpose: add the rows that rows of the same table refer to, where those stay
-- identifiers: table, keys, child_columns, parent_columns
insert into pg_temp.cutover_conflict ({keys}, cutover_why)
select {keys}, 'referred to by other rows'
from pg_temp.cutover_after
where ({parent_columns}) in (
          select {child_columns} from {table}
          where ({keys}) not in (
              select {keys} from pg_temp.cutover_after
              except
              select {keys} from pg_temp.cutover_conflict
          )
      )
  and ({keys}) not in (select {keys} from pg_temp.cutover_conflict)
