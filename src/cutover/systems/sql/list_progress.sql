-- purpose: how far each phase is with each entity, the latest news last
-- params: since
select phase, entity, done, total, unit, started_at, updated_at
from cutover.progress
where updated_at > :since
order by updated_at
