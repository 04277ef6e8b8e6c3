"""The central server: the authority over every balance."""
