-- purpose: create the empty schemas that Adventure Works' purchasing moves into
create schema inventory;
create schema purchasing;

create table inventory.unit (
    id bigint generated always as identity primary key,
    code varchar(3) not null unique check (code = trim(code)),
    name varchar(50) not null unique
);

create table inventory.category (
    id bigint generated always as identity primary key,
    category_no varchar(10) not null unique,
    name varchar(50) not null unique
);

create table inventory.subcategory (
    id bigint generated always as identity primary key,
    subcategory_no varchar(10) not null unique,
    category_id bigint not null references inventory.category,
    name varchar(50) not null unique
);

create table inventory.model (
    id bigint generated always as identity primary key,
    model_no varchar(10) not null unique,
    name varchar(50) not null unique,
    catalogue text,
    instructions text
);

create table inventory.item (
    id bigint generated always as identity primary key,
    item_no varchar(25) not null unique,
    legacy_no varchar(10) not null unique,
    name varchar(50) not null unique,
    is_made boolean not null,
    is_sold boolean not null,
    colour varchar(15),
    safety_stock integer not null check (safety_stock > 0),
    reorder_point integer not null check (reorder_point > 0),
    standard_cost numeric(19, 4) not null check (standard_cost >= 0),
    list_price numeric(19, 4) not null check (list_price >= 0),
    size varchar(5),
    size_unit_id bigint references inventory.unit,
    weight numeric(8, 2) check (weight > 0),
    weight_unit_id bigint references inventory.unit,
    days_to_make integer not null check (days_to_make >= 0),
    line varchar(10) check (line in ('mountain', 'road', 'touring', 'standard')),
    class varchar(10) check (class in ('high', 'medium', 'low')),
    style varchar(10) check (style in ('women', 'men', 'universal')),
    subcategory_id bigint references inventory.subcategory,
    model_id bigint references inventory.model,
    sold_from date not null,
    sold_until date,
    discontinued_on date,
    check (sold_until >= sold_from)
);

create table inventory.bill_of_material (
    id bigint generated always as identity primary key,
    bom_no varchar(10) not null unique,
    assembly_id bigint references inventory.item,
    component_id bigint not null references inventory.item,
    valid_from date not null,
    valid_to date,
    unit_id bigint not null references inventory.unit,
    level smallint not null check (level >= 0),
    quantity numeric(8, 2) not null check (quantity > 0),
    unique nulls not distinct (assembly_id, component_id, valid_from),
    check (assembly_id <> component_id),
    check (valid_to > valid_from)
);

create table inventory.location (
    id bigint generated always as identity primary key,
    location_no varchar(10) not null unique,
    name varchar(50) not null unique,
    cost_rate numeric(10, 4) not null check (cost_rate >= 0),
    availability numeric(8, 2) not null check (availability >= 0)
);

create table inventory.stock (
    item_id bigint not null references inventory.item,
    location_id bigint not null references inventory.location,
    shelf varchar(10) check (shelf ~ '^[A-Z]$'),
    bin smallint not null check (bin between 0 and 100),
    quantity integer not null check (quantity >= 0),
    primary key (item_id, location_id)
);

create table purchasing.vendor (
    id bigint generated always as identity primary key,
    vendor_no varchar(10) not null unique,
    account_no varchar(15) not null unique,
    name varchar(50) not null,
    credit_rating varchar(20) not null check (credit_rating in ('superior', 'excellent', 'above_average', 'average', 'below_average')),
    is_preferred boolean not null,
    is_active boolean not null,
    web_service varchar(1024)
);

create table purchasing.vendor_item (
    vendor_id bigint not null references purchasing.vendor,
    item_id bigint not null references inventory.item,
    lead_time_days integer not null check (lead_time_days >= 1),
    standard_price numeric(19, 4) not null check (standard_price > 0),
    last_cost numeric(19, 4) check (last_cost > 0),
    last_received_on date,
    minimum_quantity integer not null check (minimum_quantity >= 1),
    maximum_quantity integer not null check (maximum_quantity >= minimum_quantity),
    on_order integer check (on_order >= 0),
    unit_id bigint not null references inventory.unit,
    primary key (vendor_id, item_id)
);

create table purchasing.ship_method (
    id bigint generated always as identity primary key,
    ship_method_no varchar(10) not null unique,
    name varchar(50) not null unique,
    base_charge numeric(19, 4) not null check (base_charge > 0),
    rate numeric(19, 4) not null check (rate > 0)
);

create table purchasing.purchase_order (
    id bigint generated always as identity primary key,
    order_no varchar(10) not null unique,
    revision smallint not null check (revision >= 0),
    status varchar(10) not null check (status in ('pending', 'approved', 'rejected', 'complete')),
    buyer_no varchar(10) not null,
    vendor_id bigint not null references purchasing.vendor,
    ship_method_id bigint not null references purchasing.ship_method,
    ordered_on date not null,
    shipped_on date,
    subtotal numeric(19, 4) not null check (subtotal >= 0),
    tax numeric(19, 4) not null check (tax >= 0),
    freight numeric(19, 4) not null check (freight >= 0),
    total_due numeric(19, 4) not null,
    changed_at timestamptz not null,
    check (shipped_on >= ordered_on),
    check (total_due = subtotal + tax + freight)
);

create table purchasing.purchase_order_line (
    id bigint generated always as identity primary key,
    order_id bigint not null references purchasing.purchase_order,
    line_no varchar(10) not null,
    item_id bigint not null references inventory.item,
    due_on date not null,
    ordered numeric(10, 2) not null check (ordered > 0),
    unit_price numeric(19, 4) not null check (unit_price >= 0),
    amount numeric(19, 4) not null check (amount = ordered * unit_price),
    received numeric(8, 2) not null check (received >= 0),
    rejected numeric(8, 2) not null check (rejected >= 0),
    stocked numeric(9, 2) generated always as (received - rejected) stored,
    changed_at timestamptz not null,
    unique (order_id, line_no)
);

-- Orders whose lines do not add up to their subtotal; an order without lines is one of them.
create view purchasing.untied_order as
select o.order_no, o.subtotal, coalesce(sum(l.amount), 0) as lines
from purchasing.purchase_order as o left join purchasing.purchase_order_line as l on l.order_id = o.id
group by o.order_no, o.subtotal
having o.subtotal <> coalesce(sum(l.amount), 0);
