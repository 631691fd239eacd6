-- purpose: let one caller at a time start a run; the lock ends with the transaction
select pg_advisory_xact_lock(hashtext('cutover'), hashtext('start run'))
