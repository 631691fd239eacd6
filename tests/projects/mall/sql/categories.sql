-- purpose: the categories, those of the first level without a parent, which the shop writes as 0
select
    id, nullif(parent_id, 0) as parent_id, name, level, product_count, product_unit, nav_status, show_status, sort, icon,
    keywords, description
from pms_product_category
