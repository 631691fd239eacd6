-- purpose: lots and quantity of each plant; a negative quantity has its minus sign last
-- system: erp
-- explained: lots = stock by werks
-- explained: quantity = stock.labst by werks
select werks as "group", count(*) as lots, sum(to_number(labst, '9999999999999D999MI')) as quantity
from erp.mard
group by werks
order by werks
