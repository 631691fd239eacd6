-- purpose: forget what was proposed for an entity earlier in this transaction
drop table if exists pg_temp.cutover_proposed
