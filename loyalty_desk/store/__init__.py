"""The terminal's two encrypted SQLite files: the ledger and the member cache."""
