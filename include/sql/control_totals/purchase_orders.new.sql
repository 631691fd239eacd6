-- purpose: lines and net value of open purchase orders of each company
select company.company_no as "group", count(*) as lines, sum(line.net_amount) as amount
from erp.purchase_order_line as line
join erp.purchase_order as head using (purchase_order_id)
join erp.company as company using (company_id)
group by company.company_no
order by company.company_no
