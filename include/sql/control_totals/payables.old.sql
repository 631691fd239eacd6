-- purpose: open payables of each company in its book currency; a debit memo has its minus sign last
-- system: erp
-- explained: items = payable by bukrs
-- explained: amount = payable.dmbtr by bukrs
select bukrs as "group", count(*) as items, sum(to_number(dmbtr, '9999999999999D99MI')) as amount
from erp.bsik
group by bukrs
order by bukrs
