"""The terminal: the desktop companion that stands beside a shop's till."""
