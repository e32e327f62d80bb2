"""Google Photos exports (Takeout): which JSON file describes which photo, and what it says."""
