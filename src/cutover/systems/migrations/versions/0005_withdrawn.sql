-- Decisions that somebody took back: what was decided, by whom and when, and who withdrew it and why. The proposal itself
-- is open again.

create table cutover.withdrawn_decision (
    withdrawn_id     bigint generated always as identity primary key,
    proposal_id      text   not null,
    entity           text   not null,
    rule             text   not null,
    "column"         text   not null,
    src_key          text   not null,
    before           text   not null,
    after            text,
    state            text   not null check (state in ('approved', 'rejected')),
    decided_by       text   not null,
    decided_at       timestamptz not null,
    withdrawn_by     text   not null check (withdrawn_by <> ''),
    withdrawn_at     timestamptz not null,
    reason           text   not null check (reason <> '')
);
