"""Contact sheets: photos with captions in one picture, or in one page that stands alone."""
