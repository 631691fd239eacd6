-- purpose: open receivables of each company in its book currency
-- system: erp
-- explained: items = receivable by bukrs
-- explained: amount = receivable.dmbtr by bukrs
select bukrs as "group", count(*) as items,
       sum(case shkzg when 'H' then -cast(dmbtr as numeric) else cast(dmbtr as numeric) end) as amount
from erp.bsid
group by bukrs
order by bukrs
