-- purpose: keep what somebody mended in one cell of a landed row
-- params: snapshot_id, entity, row, src_key, column_name, before, after, by_whom, file_sha256, at
insert into cutover.correction (snapshot_id, entity, "row", src_key, "column", before, after, by_whom, file_sha256, at)
values (:snapshot_id, :entity, :row, :src_key, :column_name, :before, :after, :by_whom, :file_sha256, :at)
