-- purpose: open payables of each company in its book currency
select company.company_no as "group", count(*) as items, sum(item.local_amount) as amount
from erp.open_item as item
join erp.company as company using (company_id)
where item.kind = 'payable'
group by company.company_no
order by company.company_no
