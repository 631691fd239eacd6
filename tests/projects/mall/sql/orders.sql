-- purpose: the orders, each with the number of its lines
select
    o.id, o.order_sn, o.member_id, o.create_time, o.payment_time, o.delivery_time, o.receive_time, o.status, o.pay_type,
    o.total_amount, o.freight_amount, o.promotion_amount, o.integration_amount, o.coupon_amount, o.discount_amount,
    o.pay_amount, o.delivery_company, o.delivery_sn, o.receiver_name, o.receiver_phone, o.receiver_province,
    o.receiver_city, o.receiver_region, o.receiver_detail_address, o.delete_status,
    (select count(*) from oms_order_item as i where i.order_id = o.id) as line_count
from oms_order as o
