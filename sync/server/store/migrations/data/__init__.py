"""The steps of the server's database."""
