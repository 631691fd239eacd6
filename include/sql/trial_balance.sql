-- purpose: the trial balance as signed balances, with the accounts of each company that are posted otherwise
select balance.bukrs, balance.saknr, balance.gjahr, balance.waers, balance.soll, balance.haben,
       cast(balance.soll - balance.haben as numeric(17, 2)) as saldo,
       company.ktopl, company.abk_deb, company.abk_kre, company.abk_mig
from erp.glt as balance
left join erp.t001 as company using (mandt, bukrs)
order by balance.bukrs, balance.saknr, balance.gjahr
