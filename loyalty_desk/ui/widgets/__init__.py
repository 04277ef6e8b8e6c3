"""Parts that two or more screens draw with."""
