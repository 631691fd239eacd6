-- purpose: lines with the company and the date of their order: the date decides what a tax code means
-- A line without its order stays in the extract (company 'none'), so that it is rejected and counted, not lost.
select line.vbeln, line.posnr, line.matnr, line.menge, line.vrkme, line.netpr, line.rabatt, line.netwr, line.mwskz,
       line.edatu, coalesce(head.bukrs, 'none') as bukrs,
       substr(head.audat, 1, 4) || '-' || substr(head.audat, 5, 2) || '-' || substr(head.audat, 7, 2) as audat
from erp.vbap as line
left join erp.vbak as head using (mandt, vbeln)
order by line.vbeln, line.posnr
