"""HTTP endpoints; each one forwards to the office."""
