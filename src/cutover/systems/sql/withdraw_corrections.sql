-- purpose: let the corrections of one file hold no more
-- params: snapshot_id, file_sha256, at
update cutover.correction set withdrawn_at = :at
where snapshot_id = :snapshot_id and file_sha256 = :file_sha256 and withdrawn_at is null
