-- purpose: what became of the source rows of an entity in a run, by the settings of this transaction, as CSV
copy (
    select d."row", d.outcome, d.tgt_key, d.survivor
    from cutover.disposition as d
    join cutover.batch as b using (run_id, entity, seq)
    where d.run_id = current_setting('cutover.run')::bigint and d.entity = current_setting('cutover.entity')
      and d."row" between current_setting('cutover.first')::bigint and current_setting('cutover.last')::bigint
      and b.state = 'loaded'
) to stdout with (format csv)
