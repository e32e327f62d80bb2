"""Names of the places where photos were taken."""
