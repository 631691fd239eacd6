-- purpose: the schema of the ledger, beside the target's own
create schema cutover
