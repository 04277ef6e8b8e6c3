"""The member's own page at `/m/`: drawn on the server, safe on a stranger's network."""
