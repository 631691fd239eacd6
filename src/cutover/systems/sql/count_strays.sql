-- purpose: how many rows a table held before a run, how many were written since by this and by other runs, how many it has
-- params: run_id, table_name
-- identifiers: table
select f.rows as before,
       (select coalesce(sum(j.rows), 0)::bigint
        from cutover.journal j
        join cutover.batch b using (run_id, entity, seq)
        where b.state = 'loaded' and j.operation = 'insert' and j.table_name = f.table_name
          and (j.run_id >= :run_id or b.loaded_at >= f.taken_at)) as written,
       (select count(*) from {table}) as present
from cutover.fingerprint f
where f.run_id = :run_id and f.moment = 'before_load' and f.kind = 'table' and f.table_name = :table_name
order by f.fingerprint_id desc
limit 1
