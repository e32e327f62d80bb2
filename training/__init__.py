"""Train the demo model on painted scenes and evaluate it. Not installed with mcsearch."""
