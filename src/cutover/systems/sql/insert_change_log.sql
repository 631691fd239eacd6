-- purpose: say how many cells one rule changed in one column
-- params: snapshot_id, entity, rule, column_name, cells, spec_sha256
-- identifiers:
insert into cutover.change_log (snapshot_id, entity, rule, "column", cells, spec_sha256)
values (:snapshot_id, :entity, :rule, :column_name, :cells, :spec_sha256)
