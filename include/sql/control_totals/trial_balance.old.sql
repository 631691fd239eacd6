-- purpose: the trial balance of each company in its book currency, control accounts included
-- system: erp
-- explained: debit = opening_balance.soll by bukrs
-- explained: credit = opening_balance.haben by bukrs
select bukrs as "group", sum(soll) as debit, sum(haben) as credit
from erp.glt
group by bukrs
order by bukrs
