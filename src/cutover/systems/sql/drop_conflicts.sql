-- purpose: forget the conflicts of an earlier entry in this transaction
drop table if exists pg_temp.cutover_conflict
