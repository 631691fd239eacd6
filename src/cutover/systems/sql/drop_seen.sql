-- purpose: forget the keys of an entity that was compared earlier in this transaction
drop table if exists pg_temp.cutover_seen
