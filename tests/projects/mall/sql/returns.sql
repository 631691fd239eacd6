-- purpose: the returns that members asked for, each with the number of lines of its order
select
    r.id, r.order_id, r.product_id, r.create_time, r.handle_time, r.status, r.product_count, r.product_real_price,
    r.return_amount, r.reason, r.description,
    (select count(*) from oms_order_item as i where i.order_id = r.order_id) as line_count
from oms_order_return_apply as r
