"""Commands that describe photos in words."""
