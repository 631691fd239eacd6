-- purpose: the codes of one of the target's own tables that are alive
-- identifiers: table, code, active
select distinct {code}::text from {table} where {code} is not null and {active}
