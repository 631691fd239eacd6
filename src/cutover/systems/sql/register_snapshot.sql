-- purpose: register a snapshot; the first registration stays
-- params: snapshot_id, taken_at, manifest
insert into cutover.snapshot (snapshot_id, taken_at, manifest)
values (:snapshot_id, :taken_at, cast(:manifest as jsonb))
on conflict (snapshot_id) do nothing
