-- purpose: which of the staged source keys of an entity stand in the target now as CSV, with their target keys
-- identifiers: staged
copy (
    select d.src_key, d.tgt_key
    from cutover.disposition d
    join cutover.batch b using (run_id, entity, seq)
    where d.entity = current_setting('cutover.entity') and b.state = 'loaded' and d.outcome = 'loaded'
      and d.src_key in (select src_key from {staged})
) to stdout with (format csv)
