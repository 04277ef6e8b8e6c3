"""Codes read at this window: by a reader that types."""
