-- purpose: let one caller at a time migrate the ledger; the lock ends with the transaction
select pg_advisory_xact_lock(hashtext('cutover'), hashtext('migrate ledger'))
