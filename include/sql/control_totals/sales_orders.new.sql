-- purpose: lines and net value of open sales orders of each company
select company.company_no as "group", count(*) as lines, sum(line.net_amount) as amount
from erp.sales_order_line as line
join erp.sales_order as head using (sales_order_id)
join erp.company as company using (company_id)
group by company.company_no
order by company.company_no
