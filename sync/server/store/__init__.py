"""The server's tables, migrations and transactions."""
