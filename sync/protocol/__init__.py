"""What terminal and server say to each other: bytes, messages, signatures."""
