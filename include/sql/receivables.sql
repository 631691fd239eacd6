-- purpose: open receivables with the accounts and the book currency of their company
select item.bukrs, item.belnr, item.gjahr, item.buzei, item.kunnr, item.budat, item.zfbdt, item.xblnr, item.waers,
       item.wrbtr, item.dmbtr, item.shkzg, company.ktopl, company.abk_deb, company.abk_mig, company.waers as hwaer
from erp.bsid as item
left join erp.t001 as company using (mandt, bukrs)
order by item.bukrs, item.belnr, item.gjahr, item.buzei
