-- purpose: add the rows that rows of another table refer to
-- identifiers: keys, child, child_columns, parent_columns, after, conflicts
insert into {conflicts} ({keys}, cutover_why)
select {keys}, 'referred to by other rows'
from {after}
where ({parent_columns}) in (select {child_columns} from {child})
  and ({keys}) not in (select {keys} from {conflicts})
