"""How find and similar show their hits beyond lines of text."""
