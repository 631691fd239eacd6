-- purpose: the rows that are not as they were left, compared as text: a collation may hold different texts for equal
-- identifiers: table, keys, columns, after, conflicts
insert into {conflicts} ({keys}, cutover_why)
with left_behind as (
    select {keys}, r::text as cutover_image
    from (select {columns} from {after}) as r
), found as (
    select {keys}, r::text as cutover_image
    from (select {columns} from {table} where ({keys}) in (select {keys} from {after})) as r
)
select {keys},
       case when found.cutover_image is null then 'deleted since' else 'changed since' end
from left_behind
left join found using ({keys})
where found.cutover_image is distinct from left_behind.cutover_image
