-- purpose: a place for conflicts, until the transaction ends, unless it is there already
-- identifiers: room, table, columns
create temporary table if not exists {room} on commit drop as
select {columns}, cast(null as text) as cutover_why from {table} with no data
