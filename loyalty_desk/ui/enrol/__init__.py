"""Screen 05: a new member."""
