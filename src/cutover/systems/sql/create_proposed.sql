-- purpose: a place for what a cleansing proposes, until the transaction ends
create temporary table cutover_proposed (src_key text, "column" text, rule text, before text, after text) on commit drop
