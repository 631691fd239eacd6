-- purpose: whether a schema is there (CREATE SCHEMA IF NOT EXISTS wants the right to create even when it is)
-- params: schema
select exists (select from pg_catalog.pg_namespace where nspname = :schema)
