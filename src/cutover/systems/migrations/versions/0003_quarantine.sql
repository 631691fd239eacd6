-- Quarantine: whom a reject waits for and until when, and which rows the target itself refused.

alter table cutover.reject
    add column seq              int,
    add column src_key          text,
    -- The mapping knew before the load, or the target refused the row while it was loaded.
    add column stage            text not null default 'map' check (stage in ('map', 'load')),
    add column constraint_name  text not null default '',
    add column owner            text not null default '',
    add column due              date,
    -- The newest correction of the row that was known when it was rejected; a newer one is a reason to try it again.
    add column last_correction  bigint not null default 0;
create index reject_at_load on cutover.reject (entity, run_id) where stage = 'load';

-- What people mended of rejected rows: laid over the landed snapshot when it is cleansed, in the order of their ids.
create table cutover.correction (
    correction_id    bigint generated always as identity primary key,
    snapshot_id      text        not null references cutover.snapshot,
    entity           text        not null,
    "row"            bigint      not null,
    src_key          text,
    "column"         text        not null,
    before           text,
    after            text,
    by_whom          text        not null check (by_whom <> ''),
    file_sha256      text        not null,
    at               timestamptz not null,
    withdrawn_at     timestamptz,
    check (before is distinct from after)
);
create index correction_by_snapshot on cutover.correction (snapshot_id, entity);
