"""Screen 01: ready to read, and the search for a member."""
