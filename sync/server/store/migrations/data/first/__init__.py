"""The first schema, a family of tables a file. It is history: later steps change it."""
