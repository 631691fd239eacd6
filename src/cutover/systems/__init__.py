"""The outside: connections, legacy sources, staging, the PostgreSQL target and its ledger."""
