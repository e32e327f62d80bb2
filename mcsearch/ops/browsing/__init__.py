"""What a page that shows photos asks: long lists of hits in parts, what is shown of each, and counts to filter by."""
