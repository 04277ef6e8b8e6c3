"""Hardware at the counter: codes read and drawn, free of Qt."""
