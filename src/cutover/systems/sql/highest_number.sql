-- purpose: the highest number in a column of business numbers: the digits at the end of each value
-- identifiers: table, column
select max(cast(substring(cast({column} as text) from '[0-9]{1,18}$') as bigint)) from {table}
