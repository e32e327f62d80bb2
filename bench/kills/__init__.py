"""Kill mcsearch at random instants, and compare what the next run makes of it."""
