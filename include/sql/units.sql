-- purpose: units with the factor to the base unit of their dimension, computed exactly where both of its parts stand
select msehi, mseht, mseht_en, dimid, cast(round(cast(zaehl as numeric) / nennr, 9) as numeric(18, 9)) as factor
from erp.t006
order by msehi
