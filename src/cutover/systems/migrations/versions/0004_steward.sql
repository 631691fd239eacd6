-- What a machine proposes and a person decides. A decision keeps its before and after, its person and its time, and holds
-- for every later snapshot in which the same row says the same.

create table cutover.proposal (
    proposal_id      text   primary key,
    entity           text   not null,
    rule             text   not null,
    "column"         text   not null,
    src_key          text   not null,
    before           text   not null,
    after            text,
    state            text   not null default 'open' check (state in ('open', 'approved', 'rejected')),
    decided_by       text   check (decided_by <> ''),
    decided_at       timestamptz,
    first_snapshot   text   not null references cutover.snapshot,
    last_snapshot    text   not null references cutover.snapshot,
    -- Nobody approves by being silent, and nothing is open that somebody decided.
    constraint decided_by_someone check ((state = 'open') = (decided_by is null) and (state = 'open') = (decided_at is null))
);
create index proposal_by_entity on cutover.proposal (entity, state);

create table cutover.pair (
    pair_id          text   primary key,
    entity           text   not null,
    rule             text   not null,
    first_key        text   not null,
    second_key       text   not null,
    score            int    not null check (score between 0 and 100),
    same_identity    boolean not null,
    likely           boolean not null,
    state            text   not null default 'open' check (state in ('open', 'automatic', 'same', 'different')),
    decided_by       text   check (decided_by <> ''),
    decided_at       timestamptz,
    last_snapshot    text   not null references cutover.snapshot,
    constraint ordered check (first_key < second_key),
    -- Law of K04: a machine joins nothing that does not share an official number.
    constraint automatic_shares_an_identity check (state <> 'automatic' or same_identity),
    constraint decided_by_someone check ((state in ('same', 'different')) = (decided_by is not null))
);
create index pair_by_entity on cutover.pair (entity, state);
