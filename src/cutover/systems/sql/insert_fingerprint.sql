-- purpose: keep one line of a fingerprint
-- params: run_id, moment, kind, table_name, rows, digest
insert into cutover.fingerprint (run_id, moment, kind, table_name, rows, digest)
values (:run_id, :moment, :kind, :table_name, :rows, :digest)
