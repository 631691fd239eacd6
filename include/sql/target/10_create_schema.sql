-- purpose: the new ERP's schema, its number ranges and the lists that its implementers keep (not migrated)
create schema erp;

create table erp.number_range (
    object      text primary key,
    next_number bigint not null check (next_number > 0)
);
comment on table erp.number_range is
    'Next free business number per object; a load takes numbers from here or moves next_number past what it brought';

create table erp.currency (
    code     char(3) primary key check (code ~ '^[A-Z]{3}$'),
    name     varchar(40) not null,
    decimals smallint not null check (decimals between 0 and 4)
);

create table erp.country (
    code char(2) primary key check (code ~ '^[A-Z]{2}$'),
    name varchar(60) not null
);

create table erp.tax_code (
    code varchar(10) primary key,
    name varchar(60) not null,
    rate numeric(5, 2) not null check (rate between 0 and 100)
);
comment on column erp.tax_code.rate is 'per cent';

create table erp.payment_term (
    code varchar(10) primary key,
    name varchar(60) not null,
    days smallint not null check (days >= 0)
);

create table erp.site (
    code varchar(10) primary key,
    name varchar(60) not null
);

create table erp.location (
    site_code varchar(10) not null references erp.site,
    code      varchar(10) not null,
    name      varchar(60) not null,
    primary key (site_code, code)
);

create table erp.item_group (
    code varchar(10) primary key,
    name varchar(60) not null
);
