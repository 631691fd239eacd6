-- purpose: whether the corrections of a file hold
-- params: snapshot_id, file_sha256
select exists (
    select from cutover.correction
    where snapshot_id = :snapshot_id and file_sha256 = :file_sha256 and withdrawn_at is null
)
