-- purpose: order lines, pieces and their value, by product
select p.product_no as "group", count(*) as line_count, sum(l.quantity) as pieces, sum(l.goods_amount) as goods
from shop.sales_order_line as l
join shop.product as p on p.id = l.product_id
group by p.product_no
