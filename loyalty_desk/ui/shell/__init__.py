"""The frame around every screen: top bar, offline strip, rail, key bar."""
