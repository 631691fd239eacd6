-- purpose: the lines of the orders, each with the SKU that stands for it today
-- Five lines of 2018 name SKU 90, which was made anew as 110 under the same code: where the id is gone the code tells.
-- The other way round it would be wrong: lines of red phones carry the code of the first SKU of their product.
select
    i.id, i.order_id, i.order_sn, i.product_id, coalesce(by_id.id, by_code.id) as sku_id, i.product_name,
    i.product_price, i.product_quantity, i.promotion_amount, i.coupon_amount, i.integration_amount, i.real_amount,
    i.product_attr
from oms_order_item as i
left join pms_sku_stock as by_id on by_id.id = i.product_sku_id
left join pms_sku_stock as by_code on by_code.sku_code = i.product_sku_code and by_code.product_id = i.product_id
