-- purpose: one owner and one database each for Airflow's metadata, the example's legacy ERP and the target ERP
-- params: AIRFLOW_DB_PASSWORD, LEGACY_DB_PASSWORD, TARGET_DB_PASSWORD from the environment of the server's container
-- run by: psql, once, when the data folder is empty
\set ON_ERROR_STOP on
\getenv airflow_password AIRFLOW_DB_PASSWORD
\getenv legacy_password LEGACY_DB_PASSWORD
\getenv target_password TARGET_DB_PASSWORD

create role airflow login password :'airflow_password';
create role legacy login password :'legacy_password';
create role target login password :'target_password';

create database airflow owner airflow;
create database legacy_erp owner legacy;
create database target_erp owner target;

revoke connect on database airflow, legacy_erp, target_erp from public;
