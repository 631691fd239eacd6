-- purpose: the lists that the new ERP is delivered with
insert into erp.number_range (object, next_number) values
    ('partner', 1), ('partner_address', 1), ('partner_contact', 1), ('item', 1), ('sales_order', 1),
    ('purchase_order', 1), ('work_order', 1), ('journal_entry', 1);

insert into erp.currency (code, name, decimals) values
    ('CNY', 'Renminbi', 2), ('USD', 'US dollar', 2), ('EUR', 'Euro', 2), ('JPY', 'Yen', 0);

insert into erp.country (code, name) values
    ('CN', '中国'), ('DE', 'Germany'), ('IT', 'Italy'), ('US', 'United States'), ('JP', 'Japan'), ('NA', 'Namibia');

insert into erp.tax_code (code, name, rate) values
    ('VAT17', '增值税 17 %, until 2018-04-30', 17), ('VAT16', '增值税 16 %, until 2019-03-31', 16),
    ('VAT13', '增值税 13 %', 13), ('VAT6', '增值税 6 %', 6), ('VAT0', '增值税 0 %', 0);

insert into erp.payment_term (code, name, days) values
    ('NET0', 'Due at once', 0), ('NET30', '30 days net', 30), ('NET60', '60 days net', 60), ('NET90', '90 days net', 90);

insert into erp.site (code, name) values
    ('SUZHOU', '苏州工厂'), ('SHANGHAI', '上海工厂'), ('CHENGDU', '成都工厂'), ('STUTTGART', 'Stuttgart');

insert into erp.location (site_code, code, name)
select site.code, kind.code, kind.name
from erp.site
cross join (values ('RAW', '原材料库'), ('FINISHED', '成品库'), ('QUALITY', '质检库')) as kind (code, name);

insert into erp.item_group (code, name) values
    ('FASTENER', '紧固件'), ('DRIVE', '传动件'), ('ELECTRIC', '电气件'), ('FLUID', '液压气动'), ('MACHINE', '整机与总成');
