-- purpose: the row accounting of a run, entity by entity; rows of a batch that was taken back have no outcome any more,
-- unless the whole run was: then it says what the run was before
-- params: run_id
-- identifiers:
select entity, sum(rows_read)::bigint as read,
       coalesce(sum(rows_loaded) filter (where stands), 0)::bigint as loaded,
       coalesce(sum(rows_merged) filter (where stands), 0)::bigint as merged,
       coalesce(sum(rows_dropped) filter (where stands), 0)::bigint as dropped,
       coalesce(sum(rows_rejected) filter (where stands), 0)::bigint as rejected
from (
    select b.*, b.state = 'loaded' or r.status = 'rolled_back' as stands
    from cutover.batch as b
    join cutover.run as r using (run_id)
    where run_id = :run_id
) as batch
group by entity
