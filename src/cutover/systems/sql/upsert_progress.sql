-- purpose: say how far a phase is with an entity
-- params: phase, entity, done, total, unit, started_at, at
insert into cutover.progress (phase, entity, done, total, unit, started_at, updated_at)
values (:phase, :entity, :done, :total, :unit, :started_at, :at)
on conflict (phase, entity) do update
set done = excluded.done, total = excluded.total, unit = excluded.unit, started_at = excluded.started_at,
    updated_at = excluded.updated_at
