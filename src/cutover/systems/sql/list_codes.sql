-- purpose: the codes of one of the target's own tables
-- identifiers: table, code
select distinct {code}::text from {table} where {code} is not null
