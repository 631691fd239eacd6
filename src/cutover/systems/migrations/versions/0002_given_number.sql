-- Numbers that rules of kind sequence have given: a source key that comes again keeps its number, whatever the snapshot.
create table cutover.given_number (
    rule             text   not null,
    source_key       text   not null,
    number           bigint not null,
    primary key (rule, source_key),
    unique (rule, number)
);
