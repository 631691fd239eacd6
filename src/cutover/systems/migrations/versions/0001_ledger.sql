-- The ledger: what was read, what became of each row, what was written, what was proven.
-- One schema beside the target's own, because a batch and its ledger row commit in one transaction.

create table cutover.snapshot (
    snapshot_id      text primary key,
    taken_at         timestamptz not null,
    manifest         jsonb       not null
);

-- Keys reserved from the target's sequences, once per snapshot and table: a row keeps its key from pilot to full load.
create table cutover.key_range (
    snapshot_id      text   not null references cutover.snapshot,
    entity           text   not null,
    table_name       text   not null,
    first_key        bigint not null,
    rows             bigint not null check (rows >= 0),
    id_column        text   not null,
    sequence_name    text   not null,
    -- The sequence's state before the reservation, put back when nobody needs the keys any more.
    sequence_before  bigint  not null,
    called_before    boolean not null,
    primary key (snapshot_id, entity, table_name)
);
create index key_range_by_sequence on cutover.key_range (sequence_name, first_key);

create table cutover.run (
    run_id           bigint generated always as identity primary key,
    wave             text        not null,
    kind             text        not null check (kind in ('pilot', 'full')),
    snapshot_id      text        not null references cutover.snapshot,
    entities         text[]      not null,
    spec_sha256      text        not null,
    spec_files       jsonb       not null,
    package_version  text        not null,
    params           jsonb       not null default '{}',
    status           text        not null default 'active' check (status in ('active', 'finished', 'rolled_back')),
    started_at       timestamptz not null default now(),
    ended_at         timestamptz,
    check ((status = 'active') = (ended_at is null))
);
-- One run of a wave at a time: the second to start is refused by the database, not by an `if`.
create unique index one_active_run_per_wave on cutover.run (wave) where status = 'active';

create table cutover.batch (
    run_id           bigint not null references cutover.run,
    entity           text   not null,
    seq              int    not null,
    state            text   not null default 'loaded' check (state in ('loaded', 'rolled_back')),
    rows_read        bigint not null,
    rows_loaded      bigint not null,
    rows_merged      bigint not null,
    rows_dropped     bigint not null,
    rows_rejected    bigint not null,
    rows_written     bigint not null,
    first_row        bigint,
    last_row         bigint,
    digest           text   not null,
    -- A row of the target whose xmin is this transaction has not been touched since: rollback need not compare it.
    xact             xid8   not null default pg_current_xact_id(),
    loaded_at        timestamptz not null default now(),
    primary key (run_id, entity, seq),
    -- Law 1, conserved: every row that was read has exactly one outcome.
    constraint conserved check (rows_read = rows_loaded + rows_merged + rows_dropped + rows_rejected),
    constraint bounded check ((rows_read = 0) = (first_row is null) and (first_row is null) = (last_row is null))
);

create table cutover.disposition (
    run_id           bigint not null,
    entity           text   not null,
    "row"            bigint not null,
    seq              int    not null,
    src_key          text,
    outcome          text   not null check (outcome in ('loaded', 'merged', 'dropped', 'rejected')),
    tgt_key          bigint,
    survivor         text,
    rule             text,
    reason           text,
    primary key (run_id, entity, "row"),
    constraint explained check ((outcome = 'loaded') = (reason is null)),
    constraint merged_names_its_survivor check ((outcome = 'merged') = (survivor is not null))
);
create index disposition_by_key on cutover.disposition (entity, src_key);

-- A foreign key would look up the batch once per row, which costs more than loading the row: once per statement will do.
create function cutover.refuse_stray_dispositions() returns trigger language plpgsql as $$
begin
    if exists (
        select from (select distinct run_id, entity, seq from arrived) as named
        where not exists (
            select from cutover.batch as b
            where b.run_id = named.run_id and b.entity = named.entity and b.seq = named.seq
        )
    ) then
        raise foreign_key_violation using
            message = 'a disposition without its batch',
            schema = 'cutover', table = 'disposition', constraint = 'disposition_of_batch';
    end if;
    return null;
end $$;
create trigger disposition_of_batch after insert on cutover.disposition
    referencing new table as arrived for each statement execute function cutover.refuse_stray_dispositions();
create trigger disposition_stays_in_batch after update on cutover.disposition
    referencing new table as arrived for each statement execute function cutover.refuse_stray_dispositions();

-- Law 1 again, at the commit of the batch: its counts are those of its dispositions.
create function cutover.refuse_unbalanced_batch() returns trigger language plpgsql as $$
declare
    loaded bigint; merged bigint; dropped bigint; rejected bigint;
begin
    if new.state = 'loaded' then
        select count(*) filter (where outcome = 'loaded'), count(*) filter (where outcome = 'merged'),
               count(*) filter (where outcome = 'dropped'), count(*) filter (where outcome = 'rejected')
        into loaded, merged, dropped, rejected
        from cutover.disposition
        where run_id = new.run_id and entity = new.entity and seq = new.seq
          and "row" between new.first_row and new.last_row;
        if (loaded, merged, dropped, rejected)
           <> (new.rows_loaded, new.rows_merged, new.rows_dropped, new.rows_rejected) then
            raise check_violation using
                message = 'the counts of a batch are not those of its dispositions',
                schema = 'cutover', table = 'batch', constraint = 'balanced';
        end if;
    end if;
    return null;
end $$;
create constraint trigger balanced after insert or update on cutover.batch
    deferrable initially deferred for each row execute function cutover.refuse_unbalanced_batch();

-- Which target key a source row became, while it is loaded.
create view cutover.key_map as
select d.run_id, d.entity, d."row", d.src_key, d.tgt_key, d.outcome, d.survivor
from cutover.disposition as d
join cutover.batch as b using (run_id, entity, seq)
where b.state = 'loaded' and d.outcome in ('loaded', 'merged');

create table cutover.reject (
    run_id           bigint not null,
    entity           text   not null,
    "row"            bigint not null,
    rule             text   not null,
    "column"         text   not null,
    reason           text   not null,
    severity         text   not null,
    source_row       jsonb  not null,
    primary key (run_id, entity, "row", rule, "column"),
    foreign key (run_id, entity, "row") references cutover.disposition on delete cascade
);

-- Cell by cell in staging; here what a reader needs to trust it.
create table cutover.change_log (
    snapshot_id      text   not null references cutover.snapshot,
    entity           text   not null,
    rule             text   not null,
    "column"         text   not null,
    cells            bigint not null,
    spec_sha256      text   not null,
    primary key (snapshot_id, entity, rule, "column")
);

-- What a batch wrote, in the transaction that wrote it: whole rows before and after, as the CSV that COPY reads, zstd.
create table cutover.journal (
    run_id           bigint not null,
    entity           text   not null,
    seq              int    not null,
    step             int    not null,
    table_name       text   not null,
    operation        text   not null check (operation in ('insert', 'update')),
    key_columns      text[] not null,
    columns          text[] not null,
    rows             bigint not null,
    before           bytea,
    after            bytea  not null,
    primary key (run_id, entity, seq, step),
    foreign key (run_id, entity, seq) references cutover.batch,
    check ((operation = 'update') = (before is not null))
);

create table cutover.fingerprint (
    fingerprint_id   bigint generated always as identity primary key,
    run_id           bigint not null references cutover.run,
    moment           text   not null check (moment in ('before_load', 'after_load', 'before_rollback', 'after_rollback')),
    kind             text   not null check (kind in ('table', 'sequence')),
    table_name       text   not null,
    rows             bigint not null,
    digest           text   not null,
    taken_at         timestamptz not null default now()
);
create index fingerprint_by_run on cutover.fingerprint (run_id, moment);

create table cutover.rollback (
    rollback_id      bigint generated always as identity primary key,
    run_id           bigint not null references cutover.run,
    entity           text,
    seq              int,
    reason           text   not null check (reason <> ''),
    by_whom          text   not null,
    batches          int    not null default 0,
    rows_removed     bigint not null default 0,
    rows_restored    bigint not null default 0,
    rows_kept        bigint not null default 0,
    original_state   boolean,
    started_at       timestamptz not null,
    ended_at         timestamptz
);
-- A rollback that was killed is open; the next one of its run goes on with it instead of telling half of the story.
create unique index one_open_rollback_per_run on cutover.rollback (run_id) where ended_at is null;

-- Work of people on loaded rows that a rollback did not overwrite: kept here for the hands that re-enter it.
create table cutover.carry_back (
    rollback_id      bigint not null references cutover.rollback,
    table_name       text   not null,
    row_key          text   not null,
    loaded           jsonb  not null,
    found            jsonb
);

create table cutover.check_result (
    check_result_id  bigint generated always as identity primary key,
    run_id           bigint references cutover.run,
    snapshot_id      text   references cutover.snapshot,
    gate             text   not null,
    check_id         text   not null,
    entity           text,
    numerator        numeric,
    denominator      numeric,
    value            text,
    threshold        text,
    severity         text   not null check (severity in ('blocker', 'major', 'minor')),
    status           text   not null check (status in ('pass', 'fail', 'error', 'not_run', 'waived', 'not_applicable')),
    message          text   not null default '',
    evidence         jsonb  not null default '{}',
    at               timestamptz not null default now(),
    check (run_id is not null or snapshot_id is not null)
);
create index check_result_by_run on cutover.check_result (run_id, gate);

create table cutover.signoff (
    signoff_id       bigint generated always as identity primary key,
    run_id           bigint references cutover.run,
    gate             text   not null,
    person           text   not null,
    decision         text   not null check (decision in ('approved', 'rejected', 'timed_out')),
    comment          text   not null default '',
    evidence_sha256  text   not null,
    at               timestamptz not null default now()
);

create table cutover.night (
    night_id         bigint generated always as identity primary key,
    run_id           bigint not null references cutover.run,
    snapshot_id      text   not null references cutover.snapshot,
    started_at       timestamptz not null,
    ended_at         timestamptz,
    compared         bigint not null default 0,
    matched          bigint not null default 0,
    explained        bigint not null default 0,
    broken           bigint not null default 0,
    not_compared     bigint not null default 0,
    totals           jsonb  not null default '[]',
    status           text   not null default 'running' check (status in ('running', 'clean', 'not_clean', 'invalid')),
    -- Law 4, explained: what was compared is matched, explained or broken, and nothing else.
    constraint explained check (compared = matched + explained + broken)
);

-- A break keeps one identity over all nights: the hash of entity, business key, field and observed type.
create table cutover.break (
    break_id         text   primary key,
    entity           text   not null,
    business_key     text   not null,
    field            text   not null,
    observed_type    text   not null,
    first_night      bigint not null references cutover.night,
    last_night       bigint not null references cutover.night,
    nights           int    not null default 1,
    state            text   not null default 'open' check (state in ('open', 'closed')),
    closed_by        bigint references cutover.night,
    expected         text,
    actual           text,
    check ((state = 'closed') = (closed_by is not null))
);

-- Counters of the target that a run moved past the numbers it brought; a rollback of the whole run puts them back.
create table cutover.number_range (
    run_id           bigint not null references cutover.run,
    table_name       text   not null,
    row_key          jsonb  not null,
    next_column      text   not null,
    before           bigint not null,
    after            bigint not null check (after > before),
    primary key (run_id, table_name, row_key)
);

-- How far each phase is with each entity, for those who watch; no law rests on it.
create table cutover.progress (
    phase            text   not null,
    entity           text   not null,
    done             bigint not null,
    total            bigint,
    unit             text   not null,
    started_at       timestamptz not null,
    updated_at       timestamptz not null,
    primary key (phase, entity)
);
