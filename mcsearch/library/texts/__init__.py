"""Words in and around photos: the full-text index, what it is made from, and the text read in photos."""
