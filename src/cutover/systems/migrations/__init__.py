"""The versioned migrations of the ledger."""
