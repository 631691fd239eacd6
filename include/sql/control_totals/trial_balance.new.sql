-- purpose: opening balances of each company, without the other side of each posting on the migration clearing account
select company.company_no as "group", sum(line.debit) as debit, sum(line.credit) as credit
from erp.journal_line as line
join erp.journal_entry as entry using (journal_entry_id)
join erp.company as company using (company_id)
where entry.kind = 'opening_balance' and line.account_id <> company.clearing_account_id
group by company.company_no
order by company.company_no
