-- purpose: how many rows a table has and the sum of the first eight bytes of each row's SHA-256 (signed; the caller reduces it)
-- identifiers: table, columns
select count(*) as rows,
       coalesce(sum(('x' || encode(substring(sha256(convert_to(r::text, 'UTF8')) for 8), 'hex'))::bit(64)::bigint), 0) as total
from (select {columns} from {table}) as r
