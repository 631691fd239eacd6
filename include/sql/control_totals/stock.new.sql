-- purpose: lots and quantity of each site, under the number that the plant had
select plant.werks as "group", count(*) as lots, sum(stock.quantity) as quantity
from erp.stock as stock
join (values ('1010', 'SUZHOU'), ('1110', 'SHANGHAI'), ('1210', 'CHENGDU'), ('2010', 'STUTTGART'))
    as plant (werks, site_code) using (site_code)
group by plant.werks
order by plant.werks
