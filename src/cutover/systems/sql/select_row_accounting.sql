-- purpose: the row accounting of a run, entity by entity
-- params: run_id
-- identifiers:
select entity, sum(rows_read)::bigint as read, sum(rows_loaded)::bigint as loaded, sum(rows_merged)::bigint as merged,
       sum(rows_dropped)::bigint as dropped, sum(rows_rejected)::bigint as rejected
from cutover.batch
where run_id = :run_id
group by entity
