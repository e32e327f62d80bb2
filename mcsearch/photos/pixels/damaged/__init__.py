"""Pictures whose file is damaged: what is repaired, what is left out, and how much of them is shown."""
