"""Screen 14: who is at the till."""
