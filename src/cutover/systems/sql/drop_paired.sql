-- purpose: forget the pairs of an entity that was looked at earlier in this transaction
drop table if exists pg_temp.cutover_paired
