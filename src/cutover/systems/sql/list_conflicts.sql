-- purpose: the conflicts by kind, with the first few keys of each
-- params: shown
-- identifiers: keys, conflicts
select cutover_why as why, count(*) as rows,
       (array_agg(concat_ws('|', {keys}) order by {keys}))[1:cast(:shown as int)] as shown
from {conflicts}
group by cutover_why
order by cutover_why
