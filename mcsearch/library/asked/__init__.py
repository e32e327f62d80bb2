"""What users have asked: the vectors of their prompts, and the queries that they saved."""
