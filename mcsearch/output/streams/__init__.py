"""Standard output and standard error: what they may show, and what happens if they fail."""
