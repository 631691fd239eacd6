-- purpose: add the rows that rows of the same table refer to, where those stay
-- identifiers: table, keys, child_columns, parent_columns, after, conflicts
insert into {conflicts} ({keys}, cutover_why)
select {keys}, 'referred to by other rows'
from {after}
where ({parent_columns}) in (
          select {child_columns} from {table}
          where ({keys}) not in (
              select {keys} from {after}
              except
              select {keys} from {conflicts}
          )
      )
  and ({keys}) not in (select {keys} from {conflicts})
