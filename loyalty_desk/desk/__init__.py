"""What a person at the counter can do: one verb per file, free of Qt."""
