"""The counter: which screen stands, and what scans, keys and clicks do to it."""
