-- purpose: move a counter that still stands where we saw it; the caller adds the row's key
-- params: before, after
-- identifiers: table, next
update {table} set {next} = :after where {next} = :before
