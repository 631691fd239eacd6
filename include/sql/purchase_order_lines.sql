-- purpose: lines with the company and the date of their order: the date decides what a tax code means
-- A line without its order stays in the extract (company 'none'), so that it is rejected and counted, not lost.
select line.ebeln, line.posnr, line.matnr, line.menge, line.vrkme, line.netpr, line.netwr, line.mwskz, line.edatu,
       coalesce(head.bukrs, 'none') as bukrs,
       substr(head.audat, 1, 4) || '-' || substr(head.audat, 5, 2) || '-' || substr(head.audat, 7, 2) as audat
from erp.ekpo as line
left join erp.ekko as head using (mandt, ebeln)
order by line.ebeln, line.posnr
