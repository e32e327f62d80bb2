"""Which scanned files an index run must process, and which photos are gone."""
