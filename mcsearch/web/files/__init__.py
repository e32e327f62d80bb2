"""Files in and out: the page, originals, zips and uploads."""
