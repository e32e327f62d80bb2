"""How the demo model is trained on painted scenes, and how it is checked. Not installed with mcsearch."""
