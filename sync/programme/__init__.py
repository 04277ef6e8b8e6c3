"""The programme itself: pure rules that run alike on the terminal and on the server."""
