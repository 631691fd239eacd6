-- purpose: order lines, pieces and their value, by product
-- system: shop
select product_sn as `group`, count(*) as line_count, sum(product_quantity) as pieces,
       sum(product_price * product_quantity) as goods
from oms_order_item
group by product_sn
