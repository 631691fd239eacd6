-- purpose: forget the staged keys of an earlier call in this transaction
drop table if exists pg_temp.cutover_keys
