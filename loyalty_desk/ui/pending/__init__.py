"""The tray of records that wait to be sent, and of what only a person can settle."""
