"""The text in photos."""
