-- purpose: forget the values of an earlier entry in this transaction
drop table if exists pg_temp.cutover_values
