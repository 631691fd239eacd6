-- purpose: a place for conflicts, until the transaction ends
-- identifiers: keys
create temporary table cutover_conflict on commit drop as
select {keys}, cast(null as text) as cutover_why from pg_temp.cutover_after with no data
