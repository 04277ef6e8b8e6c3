"""The sync engine of a terminal: push, pull and leases over HTTP."""
