-- Quarantine: whom a reject waits for and until when, and which rows the target itself refused.

alter table cutover.reject
    add column seq              int,
    add column src_key          text,
    -- The mapping knew before the load, or the target refused the row while it was loaded.
    add column stage            text not null default 'map' check (stage in ('map', 'load')),
    add column constraint_name  text not null default '',
    add column owner            text not null default '',
    add column due              date;
create index reject_at_load on cutover.reject (entity, run_id) where stage = 'load';
