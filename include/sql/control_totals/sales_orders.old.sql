-- purpose: lines and net value of open sales orders of each company; a sum over currencies, which ties but is no money
-- system: erp
-- explained: lines = sales_order_line by bukrs
-- explained: amount = sales_order_line.netwr by bukrs
-- A line without its order stands under 'none', as in the extract of the lines.
select coalesce(head.bukrs, 'none') as "group", count(*) as lines, sum(line.netwr) as amount
from erp.vbap as line
left join erp.vbak as head using (mandt, vbeln)
group by coalesce(head.bukrs, 'none')
order by coalesce(head.bukrs, 'none')
