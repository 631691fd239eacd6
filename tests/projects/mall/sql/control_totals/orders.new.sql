-- purpose: orders and what they come to, by status
select s.code as "group", count(*) as orders, sum(o.goods_amount) as goods, sum(o.paid_amount) as paid
from shop.sales_order as o
join (values ('unpaid', '0'), ('paid', '1'), ('shipped', '2'), ('completed', '3'), ('closed', '4'), ('invalid', '5'))
    as s (name, code) on s.name = o.status
group by s.code
