-- purpose: orders and what they come to, by status
-- system: shop
-- explained: orders = sales_order by status
-- explained: goods = sales_order.total_amount by status
-- explained: paid = sales_order.pay_amount by status
select cast(status as char) as `group`, count(*) as orders, sum(total_amount) as goods, sum(pay_amount) as paid
from oms_order
group by status
