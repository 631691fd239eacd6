-- purpose: a place for the source keys that the legacy system still yields, until the transaction ends
create temporary table cutover_seen (src_key text, moves boolean) on commit drop
