"""Read the text in photos and store it."""
