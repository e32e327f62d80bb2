"""What is shown of photos besides lines of text: thumbnails, contact sheets and folders of hits."""
