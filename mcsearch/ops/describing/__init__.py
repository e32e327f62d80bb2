"""Descriptions of photos in words: the names of places."""
