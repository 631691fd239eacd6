-- purpose: lines and net value of open purchase orders of each company; a sum over currencies, which ties but is no money
-- system: erp
-- explained: lines = purchase_order_line by bukrs
-- explained: amount = purchase_order_line.netwr by bukrs
-- A line without its order stands under 'none', as in the extract of the lines.
select coalesce(head.bukrs, 'none') as "group", count(*) as lines, sum(line.netwr) as amount
from erp.ekpo as line
left join erp.ekko as head using (mandt, ebeln)
group by coalesce(head.bukrs, 'none')
order by coalesce(head.bukrs, 'none')
