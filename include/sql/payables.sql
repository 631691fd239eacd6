-- purpose: open payables with the accounts and the book currency of their company
select item.bukrs, item.belnr, item.gjahr, item.buzei, item.lifnr, item.budat, item.zfbdt, item.xblnr, item.waers,
       item.wrbtr, item.dmbtr, company.ktopl, company.abk_kre, company.abk_mig, company.waers as hwaer
from erp.bsik as item
left join erp.t001 as company using (mandt, bukrs)
order by item.bukrs, item.belnr, item.gjahr, item.buzei
